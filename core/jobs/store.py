"""Write the rows of a job: log lines and batches."""

from sqlalchemy import ColumnElement, insert, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.claim import Claim
from models import Batch, BatchState, EventLevel, Job, JobEvent, JobPhoto

#: Longer messages, such as tracebacks, are cut for the page.
_LONGEST_MESSAGE = 2000


def add_event(session: Session, job_id: int, level: EventLevel, event: str, message: str) -> None:
    """Append a line to the job's log; `event` is a constant name or an error code."""
    session.add(
        JobEvent(
            job_id=job_id,
            at=read_clock(session),
            level=level,
            event=event,
            message=message[:_LONGEST_MESSAGE],
        )
    )


def add_batches(
    session: Session, job_id: int, kind: str, *, first: int, count: int, batch_photos: int
) -> None:
    """Write batches for `count` positions from `first` on, and add them to the open batches of the job."""
    now = read_clock(session)
    rows = [
        {
            "job_id": job_id,
            "kind": kind,
            "sequence": start,
            "first_position": start,
            "last_position": min(start + batch_photos, first + count) - 1,
            "payload": {},
            "state": BatchState.WAITING,
            "not_before": now,
        }
        for start in range(first, first + count, batch_photos)
    ]
    if rows:
        session.execute(insert(Batch), rows)
        session.execute(update(Job).where(Job.id == job_id).values(batches_open=Job.batches_open + len(rows)))


def in_range(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    """Conditions that select the rows of `JobPhoto` in the range of the claim."""
    return (
        JobPhoto.job_id == claim.job_id,
        JobPhoto.position.between(claim.first_position, claim.last_position),
    )
