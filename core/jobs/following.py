"""The job that another one has asked to follow when it is done."""

from sqlalchemy.orm import Session

from core.dedup.options import DedupOptions
from core.dedup.request import request_dedup
from models import Job, JobState

#: The option, of any kind of job, that asks for a duplicate job when it is done.
FIND_DUPLICATES = "find_duplicates"


def add_following(session: Session, job: Job) -> None:
    """Write a duplicate job if this job is done and was asked to have one."""
    if job.state is JobState.DONE and job.options.get(FIND_DUPLICATES) is True:
        title = f"Duplicates of: {job.title}"
        request_dedup(session, DedupOptions(), account_id=job.account_id, title=title)
