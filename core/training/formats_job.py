"""Jobs that write the formats of a version which other programs run and which it lacks."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Runner, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.settings import Settings
from core.training.job_kind import check_installed
from core.versions.leaving import check_can_be_completed
from core.versions.queries import get_version, list_files
from models import Job

FORMATS_STAGE = Stage(name="write_formats", activity="Writing the formats", runner=Runner.TRAINER)


class VersionFormatsOptions(JobOptions):
    """The version."""

    version_id: int = Field(ge=1, description="The version whose Keras, LiteRT and ONNX files are written.")


def request_formats(session: Session, version_id: int, *, title: str = "", account_id: int | None) -> Job:
    """Write the job; the caller commits, and the trainer picks it up.

    Raises InputError training_not_installed, version_not_found, version_complete.
    """
    check_installed()
    version = get_version(session, version_id)
    check_can_be_completed(version, list_files(session, version_id))
    title = title.strip() or f"Formats of {version.name}"
    options = VersionFormatsOptions(version_id=version_id)
    job = add_job(session, VERSION_FORMATS, options, title=title, account_id=account_id)
    job.classifier_version_id, job.steps_found = version_id, 1
    return job


def _start(session: Session, options: VersionFormatsOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_formats(session, options.version_id, title=request.title, account_id=request.account_id)


def _check_recurring(_options: VersionFormatsOptions) -> None:
    raise InputError("schedule_formats", "The files of a version never change.")


VERSION_FORMATS = JobKind(
    name="version_formats",
    title="Formats of a version",
    options=VersionFormatsOptions,
    stages=(FORMATS_STAGE,),
    start=_start,
    check_recurring=_check_recurring,
).declare()
