"""Predict jobs: list the photos of a folder or upload, find and classify their faces, write the reports."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Stage, StageHooks
from core.jobs.queries import get_job_locked
from core.jobs.request import NothingNew, add_job
from core.library.files.bucket import NO_BUCKETS, check_place
from core.library.selection.model import LibrarySelection
from core.library.selection.queries import search
from core.library.uploads import check_stored, close_upload, purge_upload
from core.predict.options import InputOptions, PredictOptions
from core.predict.report_stage import REPORT_STAGE
from core.settings import Settings
from core.storage.inputs import InputBuckets, input_buckets
from core.versions.queries import read_champion
from models import Job, Upload, UploadFile

InputT = TypeVar("InputT", bound=InputOptions)


class ListPayload(BatchPayload):
    """How far the listing has come, so that the next attempt continues there."""

    listed: int = Field(0, description="Files listed so far.")
    after: str | None = Field(None, description="Path of the last listed file, as hexadecimal bytes.")
    after_folder: bool = Field(False, description="The last listed path is a folder that cannot be read.")
    after_photo: int = Field(0, description="Number of the last listed photo of the library.")


def purge_own_upload(session: Session, settings: Settings, job: Job) -> int:
    """Delete rows of the job's upload, and files that nothing needs, unless another job reads the upload."""
    upload_id = job.options.get("upload_id")
    if upload_id is None or _is_read_elsewhere(session, upload_id):
        return 0
    return purge_upload(session, upload_id, settings, job_id=job.id)


def _is_read_elsewhere(session: Session, upload_id: int) -> bool:
    others = select(Job.id).where(
        Job.options["upload_id"].as_integer() == upload_id, Job.deleted_at.is_(None)
    )
    return session.scalars(others.limit(1)).one_or_none() is not None


LIST_STAGE = Stage(
    name="list",
    activity="Listing photos",
    payload=ListPayload,
    lists=True,
    hooks=StageHooks(on_purge=purge_own_upload),
)
PREDICT_STAGE = Stage(name="predict", activity="Reading photos")


def request_predict(
    session: Session,
    options: PredictOptions,
    *,
    account_id: int | None,
    roots: Sequence[Path],
    buckets: InputBuckets = NO_BUCKETS,
    title: str = "",
) -> Job:
    """Write a predict job and its first batch; the caller commits, then wakes the workers.

    Raises InputError folder_not_found, folder_not_allowed, folder_not_a_directory, folder_unreadable,
    folder_name_not_text or upload_empty, bucket_address_invalid or bucket_not_allowed,
    job_deleted for photos of that job, and NothingNew selection_empty.
    """
    if options.selection is not None:
        if options.selection.job is not None:
            get_job_locked(session, options.selection.job)
        default_title = _title_of(session, options.selection)
    else:
        options, default_title = check_input(session, options, roots, buckets)
        _check_given(session, options)
    if options.reports_to is not None:
        options = options.with_changes(reports_to=str(buckets.open(options.reports_to).address))
    # Before the job, which this reading would write a second time.
    version_id = read_champion(session).id
    job = add_job(session, PREDICT, options, title=title.strip() or default_title, account_id=account_id)
    job.classifier_version_id = version_id
    return job


def _check_given(session: Session, options: PredictOptions) -> None:
    """Raise InputError job_not_found, job_deleted or option_invalid for a job over another folder."""
    if options.files_of_job is None:
        return
    given = get_job_locked(session, options.files_of_job)
    if given.kind != PREDICT.name or given.options.get("folder") != options.folder:
        raise InputError("option_invalid", f"Job {given.id} does not read the folder {options.folder}.")


def _title_of(session: Session, selection: LibrarySelection) -> str:
    """The default title of a job over this selection; NothingNew selection_empty where it has no photo."""
    found = search(session, selection, start=None, backward=True, limit=1)
    if not found.ids and not found.cut_short:
        raise NothingNew(
            "selection_empty", f"The library has no photo for this selection: {selection.words}."
        )
    return f"Library: {selection.words}"


def check_input(
    session: Session, options: InputT, roots: Sequence[Path], buckets: InputBuckets
) -> tuple[InputT, str]:
    """Return the options with the real path of the folder, or a bucket's address, and a default title.

    Raises InputError if there is nothing to read.
    """
    if options.folder is not None:
        folder = check_place(options.folder, roots, buckets)
        return options.with_changes(folder=folder), folder
    close_upload(session, options.upload_id or 0)
    files = session.scalars(
        select(UploadFile.name).where(UploadFile.upload_id == options.upload_id).limit(2)
    ).all()
    if not files:
        raise InputError("upload_empty", "The upload has no files.")
    return options, files[0] if len(files) == 1 else f"{files[0]} and more"


def check_input_recurs(options: InputOptions) -> None:
    """Raise InputError schedule_upload for an upload, since uploaded files never change."""
    if options.is_upload:
        raise InputError(
            "schedule_upload",
            "Uploaded files do not change, so reading them again finds nothing new. Schedule a job that "
            "reads a folder on the server.",
        )


def _check_recurs(options: PredictOptions) -> None:
    check_input_recurs(options)
    if options.files_of_job is not None:
        raise InputError(
            "schedule_files",
            "This job read photos when they were new. Schedule a job over the whole folder instead.",
        )


def check_input_again(
    session: Session, options: InputOptions, settings: Settings, *, account_id: int | None
) -> None:
    """Check the upload that a job is to read by its number alone.

    Raises InputError upload_not_found for another account's upload that no job has read, which may still
    arrive, and upload_files_missing if it is not complete.
    """
    if options.upload_id is not None:
        check_upload(session, options.upload_id, settings, account_id=account_id)


def check_upload(session: Session, upload_id: int, settings: Settings, *, account_id: int | None) -> None:
    """The same of an upload."""
    upload = session.get(Upload, upload_id)
    own = upload is not None and upload.account_id == account_id
    if not own and not _is_read_elsewhere(session, upload_id):
        raise InputError("upload_not_found", f"You have no upload {upload_id}.")
    check_stored(session, upload_id, settings)


def _start(session: Session, options: PredictOptions, request: JobRequest, settings: Settings) -> Job:
    check_input_again(session, options, settings, account_id=request.account_id)
    return request_predict(
        session,
        options,
        account_id=request.account_id,
        roots=settings.roots,
        buckets=input_buckets(settings),
        title=request.title,
    )


PREDICT = JobKind(
    name="predict",
    title="Prediction",
    options=PredictOptions,
    stages=(LIST_STAGE, PREDICT_STAGE, REPORT_STAGE),
    start=_start,
    check_recurring=_check_recurs,
    follow_ups=frozenset({"dedup"}),
    reads_job=lambda options: options.selection.job if options.selection else options.files_of_job,
    keeps_refused_files=lambda options: not options.is_upload,
).declare()
