"""What the pages of a queue ask, answered from sums and short looks at indexes."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from core.review.queue_events import LABEL_ERRORS_JUDGED
from core.review.shown_face import guess_may_show
from models import FIRST_SEAT, SECOND_SEAT, THIRD_SEAT, ItemState, JobEvent, Label, ReviewItem, ReviewQueue

#: Waiting faces of a label are counted up to this.
_COUNTED = 1_000


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """Faces of one predicted label that wait; `more` where there are more than were counted."""

    label: Label
    faces: int
    more: bool


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A face that two people decided differently, and what the third one said."""

    item: ReviewItem
    first: ReviewItem
    second: ReviewItem


def read_label_counts(session: Session, queue: ReviewQueue) -> list[LabelCount]:
    """Waiting faces by predicted label, as the grid gives them out."""
    return [_count_label(session, queue, label) for label in Label]


def read_trust(session: Session, job_id: int) -> str | None:
    """How likely label errors of the queue that a job filled were found; None where it has none."""
    query = select(JobEvent.message).where(JobEvent.job_id == job_id, JobEvent.event == LABEL_ERRORS_JUDGED)
    return session.scalars(query.order_by(JobEvent.id.desc()).limit(1)).one_or_none()


def count_open_conflicts(session: Session, queue: ReviewQueue) -> int:
    """Conflicts of the queue that wait for a third person, counted up to a hundred."""
    query = select(ReviewItem.id).where(
        ReviewItem.queue_id == queue.id,
        ReviewItem.state == ItemState.WAITING,
        ReviewItem.rank < 0,
    )
    return session.scalars(select(func.count()).select_from(query.limit(100).subquery())).one()


def list_conflicts(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[Conflict]:
    """Conflicts of all queues, newest first."""
    first, second = aliased(ReviewItem), aliased(ReviewItem)
    query = (
        select(ReviewItem, first, second)
        .join(first, _seat(first, FIRST_SEAT))
        .join(second, _seat(second, SECOND_SEAT))
        .where(ReviewItem.seat == THIRD_SEAT)
        .order_by(ReviewItem.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(ReviewItem.id < before_id)
    return [Conflict(item=item, first=one, second=other) for item, one, other in session.execute(query)]


def _seat(other: type[ReviewItem], seat: int) -> ColumnElement[bool]:
    return and_(
        other.queue_id == ReviewItem.queue_id, other.face_id == ReviewItem.face_id, other.seat == seat
    )


def _count_label(session: Session, queue: ReviewQueue, label: Label) -> LabelCount:
    waiting = (
        select(ReviewItem.id)
        .where(
            ReviewItem.queue_id == queue.id,
            ReviewItem.state == ItemState.WAITING,
            ReviewItem.guess == label,
            guess_may_show(),
        )
        .limit(_COUNTED + 1)
    )
    faces = session.scalars(select(func.count()).select_from(waiting.subquery())).one()
    return LabelCount(label=label, faces=min(faces, _COUNTED), more=faces > _COUNTED)
