"""Extract jobs: find faces in photos of the library that have not been searched, without classifying them."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.detection.options import SMALLEST_FACES, DetectionOptions
from core.jobs.job_photos import LibraryListPayload
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.queries import get_job_locked
from core.jobs.request import add_job
from core.settings import Settings
from models import Job

EXTRACT_STAGE = Stage(name="extract", activity="Finding faces", payload=LibraryListPayload)


class ExtractOptions(JobOptions):
    """How small a face may be, and which photos of the library are searched."""

    smallest_face: int = Field(
        16,
        ge=int(SMALLEST_FACES[0]),
        le=int(SMALLEST_FACES[1]),
        title="smallest face in pixels",
        description="Shortest box side that must be found, in pixels of the full-size photo.",
    )
    leave_out_hidden: bool = Field(True, description="Skip photos that are hidden as duplicates.")
    job_id: int | None = Field(
        None, description="Search only photos of this job; by default the whole library."
    )

    @property
    def detection(self) -> DetectionOptions:
        """The detector's options."""
        return DetectionOptions(smallest_face=self.smallest_face)


def request_extract(
    session: Session, options: ExtractOptions, *, account_id: int | None, title: str = ""
) -> Job:
    """Write the job and its first batch; the caller commits, then wakes the workers.

    Raises InputError job_not_found or job_deleted for the job whose photos are to be searched.
    """
    if options.job_id is not None:
        get_job_locked(session, options.job_id)
    return add_job(session, EXTRACT, options, title=title.strip() or "Find faces", account_id=account_id)


def _start(session: Session, options: ExtractOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_extract(session, options, account_id=request.account_id, title=request.title)


EXTRACT = JobKind(
    name="extract",
    title="Extraction of faces",
    options=ExtractOptions,
    stages=(EXTRACT_STAGE,),
    start=_start,
    reads_job=lambda options: options.job_id,
).declare()
