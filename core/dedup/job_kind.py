"""The job kind `dedup`: hash photos, and group those that show the same picture."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.jobs.job_photos import LibraryListPayload
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.library.fingerprints.photo_hashes import LARGEST_DISTANCE, NEAR_DISTANCE
from core.settings import Settings
from models import Job

#: Groups with a lower similarity cannot be accepted in bulk: a person must check each.
LEAST_ACCEPTABLE = 0.85
#: Photos with a lower cosine of their embeddings hardly ever show the same picture.
LEAST_SIMILAR = 0.4

HASH_STAGE = Stage(name="hash", activity="Hashing photos", payload=LibraryListPayload)
GROUP_STAGE = Stage(name="group", activity="Grouping duplicates")


class DedupOptions(JobOptions):
    """How near photos must be, and whether to accept very similar groups without review."""

    distance: int = Field(
        NEAR_DISTANCE,
        ge=0,
        le=LARGEST_DISTANCE,
        title="distance in bits",
        description="Largest number of bits by which each hash of a member may differ from the kept photo's.",
    )
    accept_above: float | None = Field(
        None,
        ge=LEAST_ACCEPTABLE,
        le=1,
        title="similarity",
        description="Groups in which every member has at least this similarity are accepted without review.",
    )
    similar_above: float | None = Field(
        None,
        ge=LEAST_SIMILAR,
        le=1,
        title="cosine",
        description="Photos whose embeddings have at least this cosine are also compared pixel by pixel, and"
        " those that may be turned copies.",
    )


def request_dedup(session: Session, options: DedupOptions, *, account_id: int | None, title: str = "") -> Job:
    """Write the job and its first batch; the caller commits and then wakes the workers."""
    title = title.strip() or "Find duplicates"
    return add_job(session, DEDUP, options, title=title, account_id=account_id)


def _start(session: Session, options: DedupOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_dedup(session, options, account_id=request.account_id, title=request.title)


def _follow(session: Session, job: Job) -> Job:
    title = f"Duplicates of: {job.title}"
    return request_dedup(session, DedupOptions(), account_id=job.account_id, title=title)


DEDUP = JobKind(
    name="dedup",
    title="Duplicates",
    options=DedupOptions,
    stages=(HASH_STAGE, GROUP_STAGE),
    start=_start,
    is_helper=True,
    follow=_follow,
).declare()
