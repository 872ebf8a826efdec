"""Review queues: listed, closed and opened again."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import InputError
from core.review.job_kind import RANK_STAGE, FillOptions
from models import ItemState, Job, JobState, QueueState, ReviewItem, ReviewQueue


def get_queue(session: Session, queue_id: int) -> ReviewQueue:
    """The queue; InputError queue_not_found."""
    queue = session.get(ReviewQueue, queue_id)
    if queue is None:
        raise InputError("queue_not_found", f"There is no review queue {queue_id}.")
    return queue


def find_queue(session: Session, job: Job) -> ReviewQueue | None:
    """The queue that a review job fills."""
    return session.get(ReviewQueue, FillOptions.from_json(job.options).queue_id)


def list_queues(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[ReviewQueue]:
    """Newest first; `before_id` pages on to older ones."""
    query = select(ReviewQueue).order_by(ReviewQueue.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ReviewQueue.id < before_id)
    return list(session.scalars(query))


def close_queue(session: Session, queue: ReviewQueue) -> None:
    """Give out no more faces; leased ones come back, and what was decided stays."""
    queue.state = QueueState.CLOSED
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.queue_id == queue.id, ReviewItem.state == ItemState.LEASED)
        .values(state=ItemState.WAITING, account_id=None, holder=None, lease_until=None)
    )


def open_queue(session: Session, queue: ReviewQueue) -> None:
    """Let a closed queue go on, once it is filled; InputError queue_state for one that is not closed."""
    if queue.state is not QueueState.CLOSED:
        raise InputError("queue_state", f"A queue that is {queue.state.value} cannot be opened.")
    job = session.get(Job, queue.job_id) if queue.job_id is not None else None
    filling = job is not None and job.stage == RANK_STAGE.name and job.state is not JobState.DONE
    queue.state = QueueState.FILLING if filling else QueueState.OPEN
