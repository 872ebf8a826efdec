"""Dedup jobs: hash photos, and group those that show the same picture."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.jobs.job_photos import LibraryListPayload
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.library.fingerprints.photo_hashes import LARGEST_DISTANCE, NEAR_DISTANCE
from core.settings import Settings
from models import Job

#: Groups less alike than this are for a person to look at, one by one.
LEAST_ACCEPTABLE = 0.85
#: Below this cosine of their embeddings hardly any two photos show one picture.
LEAST_SIMILAR = 0.4

HASH_STAGE = Stage(name="hash", activity="Hashing photos", payload=LibraryListPayload)
GROUP_STAGE = Stage(name="group", activity="Grouping duplicates")


class DedupOptions(JobOptions):
    """How near photos must be, and whether to hide at once what is very much alike."""

    distance: int = Field(
        NEAR_DISTANCE,
        ge=0,
        le=LARGEST_DISTANCE,
        title="distance in bits",
        description="Bits by which either hash of a member may differ from the kept photo's.",
    )
    accept_above: float | None = Field(
        None,
        ge=LEAST_ACCEPTABLE,
        le=1,
        title="similarity",
        description="Groups whose members are all at least so similar are accepted without review.",
    )
    similar_above: float | None = Field(
        None,
        ge=LEAST_SIMILAR,
        le=1,
        title="cosine",
        description="Photos whose embeddings have at least this cosine are compared pixel by pixel too.",
    )


def request_dedup(session: Session, options: DedupOptions, *, account_id: int | None, title: str = "") -> Job:
    """Write the job and its first batch; the caller commits, then wakes the workers."""
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
    follow=_follow,
).declare()
