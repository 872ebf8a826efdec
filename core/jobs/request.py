"""Requesting a job: the rows that workers then find."""

from typing import Any

from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.events import add_event
from core.jobs.stages import LISTING, STAGES, add_batch
from models import EventLevel, Job, JobKind, JobState

_LONGEST_TITLE = 200


def add_job(
    session: Session, kind: JobKind, options: dict[str, Any], *, title: str, account_id: int | None
) -> Job:
    """Write a job of any kind with the first batch of its first stage; the caller commits, then wakes."""
    stage = STAGES[kind][0]
    job = Job(
        kind=kind,
        state=JobState.WAITING,
        stage=stage,
        listed=stage not in LISTING,
        title=title[:_LONGEST_TITLE],
        options=options,
        account_id=account_id,
        created_at=read_clock(session),
        batches_open=0,
    )
    session.add(job)
    session.flush()
    add_batch(session, job)
    add_event(session, job.id, EventLevel.INFO, "job_requested", f"Asked for: {job.title}.")
    return job
