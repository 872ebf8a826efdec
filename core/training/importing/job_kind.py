"""Jobs that import a classifier that was trained elsewhere as a version."""

from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Runner, Stage, StageHooks
from core.jobs.request import add_job
from core.library.uploads import close_upload
from core.number_text import size
from core.predict.job_kind import check_upload, purge_own_upload
from core.settings import Settings
from core.training.importing.folder import ModelFormat
from core.training.importing.limits import MOST_BYTES, refuse
from core.training.importing.options import ImportVersionOptions
from core.training.job_kind import check_installed
from models import Job, UploadFile

CHECK_MODEL_STAGE = Stage(
    name="check_model",
    activity="Checking the file",
    runner=Runner.TRAINER,
    hooks=StageHooks(on_purge=purge_own_upload),
)
MEASURE_IMPORT_STAGE = Stage(name="measure_import", activity="Evaluating")


def request_version_import(
    session: Session, options: ImportVersionOptions, *, title: str = "", account_id: int | None
) -> Job:
    """Write an import job; the caller commits, and the trainer picks it up.

    Raises InputError training_not_installed, upload_empty, upload_incomplete, upload_expired,
    model_file_count, model_format, model_too_large, and the error of a file that the upload refused.
    """
    check_installed()
    file = find_model_file(session, options.upload_id)
    close_upload(session, options.upload_id)
    name = PurePath(file.name).stem[:80]
    options = options.with_changes(name=options.name.strip() or name or "imported")
    title = title.strip() or f"Import of {PurePath(file.name).name}"
    job = add_job(session, IMPORT_VERSION, options, title=title, account_id=account_id)
    # The check and the evaluation, whose photos are counted when it begins.
    job.steps_found = 2
    return job


def find_model_file(session: Session, upload_id: int) -> UploadFile:
    """The one file of an upload. Raises InputError as `request_version_import` does."""
    query = select(UploadFile).where(UploadFile.upload_id == upload_id).order_by(UploadFile.ordinal)
    files = session.scalars(query.limit(2)).all()
    if len(files) != 1:
        raise refuse("model_file_count", "Upload one file, the .onnx or the .keras file of the classifier.")
    file = files[0]
    if file.error_code:
        raise InputError(file.error_code, file.error_message or "The file was refused.")
    format_of(file)
    if file.bytes > MOST_BYTES:
        raise refuse("model_too_large", f"The file has more than {size(MOST_BYTES)}.")
    return file


def format_of(file: UploadFile) -> ModelFormat:
    """The format that the name says. Raises InputError model_format."""
    try:
        return ModelFormat(PurePath(file.name).suffix.lower().removeprefix("."))
    except ValueError as error:
        raise refuse(
            "model_format",
            f"{PurePath(file.name).name} is neither an .onnx nor a .keras file. An older Keras file (.h5, "
            "SavedModel) can be saved as .keras by Keras 3; PyTorch writes ONNX by torch.onnx.export.",
        ) from error


def _start(session: Session, options: ImportVersionOptions, request: JobRequest, settings: Settings) -> Job:
    check_upload(session, options.upload_id, settings, account_id=request.account_id)
    return request_version_import(session, options, title=request.title, account_id=request.account_id)


def _check_recurring(_options: ImportVersionOptions) -> None:
    raise InputError("schedule_upload", "An uploaded file never changes, so there is nothing to repeat.")


def _no_version(job: Job) -> str:
    return "" if job.classifier_version_id else "no version was made"


IMPORT_VERSION = JobKind(
    name="import_version",
    title="Import of a classifier",
    options=ImportVersionOptions,
    stages=(CHECK_MODEL_STAGE, MEASURE_IMPORT_STAGE),
    start=_start,
    check_recurring=_check_recurring,
    empty_result=_no_version,
).declare()
