"""Blind second decisions out of the database, and the measured agreement in."""

from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from core.database import read_clock
from core.review.agreement import TwoDecisions
from core.review.job_kind import AGREEMENT
from models import FIRST_SEAT, SECOND_SEAT, Agreement, ItemState, Job, ReviewItem

#: The latest second decisions that are measured; they tell how people agree now.
_MOST = 50_000


def read_two_decisions(session: Session) -> list[TwoDecisions]:
    """Faces of any queue that two people decided blind, the latest first."""
    first, second = aliased(ReviewItem), aliased(ReviewItem)
    same_face = and_(
        second.queue_id == first.queue_id, second.face_id == first.face_id, second.seat == SECOND_SEAT
    )
    query = (
        select(first.account_id, first.label, second.account_id, second.label)
        .join(second, same_face)
        .where(
            first.seat == FIRST_SEAT,
            first.state == ItemState.DECIDED,
            second.state == ItemState.DECIDED,
            first.account_id.is_not(None),
            second.account_id.is_not(None),
        )
        .order_by(second.id.desc())
        .limit(_MOST)
    )
    return [
        TwoDecisions(first_id=first_id, first=one, second_id=second_id, second=other)
        for first_id, one, second_id, other in session.execute(query)
        if first_id is not None and second_id is not None and one is not None and other is not None
    ]


def save_agreement(session: Session, figures: dict[str, Any], *, job_id: int) -> None:
    """Keep what was measured."""
    session.add(
        Agreement(
            faces=figures["all"]["faces"], figures=figures, job_id=job_id, created_at=read_clock(session)
        )
    )


def read_agreement(session: Session) -> Agreement | None:
    """The last measurement."""
    return session.scalars(select(Agreement).order_by(Agreement.id.desc()).limit(1)).one_or_none()


def last_request(session: Session) -> Job | None:
    """The job that measures, or measured last."""
    query = select(Job).where(Job.kind == AGREEMENT.name).order_by(Job.id.desc()).limit(1)
    return session.scalars(query).one_or_none()
