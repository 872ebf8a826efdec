"""Requests for review jobs: fill a queue, measure agreement."""

from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.request import add_job
from core.review.options import QueueOptions
from models import Job, JobKind, QueueState, ReviewQueue

_LONGEST_TITLE = 200


def request_queue(
    session: Session, options: QueueOptions, *, title: str, account_id: int | None
) -> ReviewQueue:
    """Write a queue and the job that fills it; the caller commits, then wakes the workers.

    InputError job_not_found.
    """
    if options.job_id is not None and session.get(Job, options.job_id) is None:
        raise InputError("job_not_found", f"There is no job {options.job_id}.")
    queue = ReviewQueue(
        title=title[:_LONGEST_TITLE],
        state=QueueState.FILLING,
        options=options.to_json(),
        account_id=account_id,
        created_at=read_clock(session),
        items=0,
        items_decided=0,
    )
    session.add(queue)
    session.flush()
    job = add_job(
        session,
        JobKind.REVIEW,
        {"queue_id": queue.id},
        title=f"Fill “{queue.title}”",
        account_id=account_id,
    )
    queue.job_id = job.id
    return queue


def request_agreement(session: Session, *, account_id: int | None) -> Job:
    """Write the job that measures agreement; the caller commits, then wakes the workers."""
    return add_job(session, JobKind.AGREEMENT, {}, title="Agreement of reviewers", account_id=account_id)
