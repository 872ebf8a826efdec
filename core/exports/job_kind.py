"""Export jobs: write photos and faces as a zip in the format of another program."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.exports.options import ExportOptions
from core.exports.store import EXPORT_STAGE_NAME
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Stage
from core.jobs.queries import get_job_locked
from core.jobs.request import add_job
from core.review.queues.queries import get_queue
from core.settings import Settings
from models import Job


class ExportPayload(BatchPayload):
    """How far the zip has come: a killed worker's successor goes on from here."""

    kept: dict[str, int] = Field(default_factory=dict, description="Sizes of the unfinished files.")
    folder: str = Field("", description="Name of the folder that they are in: each worker has its own.")
    after: int = Field(0, description="Id of the last photo that is in them.")
    is_over: bool = Field(False, description="Whether that was the last photo.")
    photos: int = Field(0, description="Photos in them.")
    faces: int = Field(0, description="Faces in them.")
    left_out: dict[str, int] = Field(default_factory=dict, description="Photos left out, by reason.")


EXPORT_STAGE = Stage(name=EXPORT_STAGE_NAME, activity="Writing the export", payload=ExportPayload)


def request_export(session: Session, options: ExportOptions, *, title: str, account_id: int | None) -> Job:
    """Write an export job; the caller commits, then wakes the workers.

    Raises InputError dataset_not_found, queue_not_found, job_not_found or job_deleted for its source.
    """
    if options.dataset_id is not None:
        get_dataset(session, options.dataset_id)
    if options.queue_id is not None:
        get_queue(session, options.queue_id)
    if options.selection.job is not None:
        get_job_locked(session, options.selection.job)
    name = title.strip() or f"Export as {options.format.words}"
    return add_job(session, EXPORT, options, title=name, account_id=account_id)


def _start(session: Session, options: ExportOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_export(session, options, title=request.title, account_id=request.account_id)


def _nothing_exported(job: Job) -> str:
    return "no photo was exported" if not job.steps_done else ""


EXPORT = JobKind(
    name="export",
    title="Export",
    options=ExportOptions,
    stages=(EXPORT_STAGE,),
    start=_start,
    empty_result=_nothing_exported,
    reads_job=lambda options: options.selection.job,
).declare()
