"""Asking for a duplicate job."""

from sqlalchemy.orm import Session

from core.dedup.options import DedupOptions
from core.jobs.request import add_job
from models import Job, JobKind

TITLE = "Find duplicates"


def request_dedup(session: Session, options: DedupOptions, *, account_id: int | None, title: str = "") -> Job:
    """Write the job and its first batch; the caller commits, then wakes the workers."""
    return add_job(
        session, JobKind.DEDUP, options.to_json(), title=title.strip() or TITLE, account_id=account_id
    )
