"""Asking for an extract job."""

from sqlalchemy.orm import Session

from core.jobs.request import add_job
from core.predict.extract.options import ExtractOptions
from models import Job, JobKind

TITLE = "Find faces"


def request_extract(
    session: Session, options: ExtractOptions, *, account_id: int | None, title: str = ""
) -> Job:
    """Write the job and its first batch; the caller commits, then wakes the workers."""
    return add_job(
        session, JobKind.EXTRACT, options.to_json(), title=title.strip() or TITLE, account_id=account_id
    )
