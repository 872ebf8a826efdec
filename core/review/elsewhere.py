"""Decisions that are made outside of queues: on a face's own page."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.decisions.store import Origin, add_decision
from core.review.seats import settle
from core.review.sums import Sums
from models import (
    FIRST_SEAT,
    Decision,
    ItemState,
    Label,
    QueueState,
    ReviewItem,
    ReviewQueue,
)


def decide_face(session: Session, face_id: int, label: Label | None, origin: Origin) -> Decision:
    """Say what a face is, or take it back; queues in which it waits for a first decision need it no more.

    InputError face_not_found.
    """
    decision = add_decision(session, face_id, label, origin)
    if label is not None and origin.account_id is not None:
        _close_waiting(session, decision)
    return decision


def _close_waiting(session: Session, decision: Decision) -> None:
    waiting = session.scalars(
        select(ReviewItem)
        .join(ReviewQueue)
        .where(
            ReviewItem.face_id == decision.face_id,
            ReviewItem.seat == FIRST_SEAT,
            ReviewItem.state == ItemState.WAITING,
            ReviewQueue.state == QueueState.OPEN,
        )
        .order_by(ReviewItem.id)
        .with_for_update(of=ReviewItem, skip_locked=True)
    ).all()
    for item in waiting:
        item.state, item.account_id, item.label = ItemState.DECIDED, decision.account_id, decision.label
        item.decision_id, item.decided_at = decision.id, read_clock(session)
        sums = Sums(items_decided=1)
        settle(session, item, sums)
        sums.write_queue(session, item.queue_id)
