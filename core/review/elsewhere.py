"""Decisions that are made outside of queues: in results, versions, the box editor, on a face's own page."""

from collections import defaultdict

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.labels.decisions import Origin, add_decision
from core.review.seats import settle
from core.review.sums import Sums
from models import FIRST_SEAT, THIRD_SEAT, Decision, ItemState, Label, QueueState, ReviewItem, ReviewQueue


def decide_face(
    session: Session, face_id: int, label: Label | None, origin: Origin, *, milliseconds: int | None = None
) -> Decision:
    """Say what a face is, or take it back; queues in which it waits need nobody to decide it again.

    A first decision is made by it, and a conflict settled where its person is a third one; a blind second
    look stays to be done. InputError face_not_found.
    """
    decision = add_decision(session, face_id, label, origin, milliseconds=milliseconds)
    if label is not None and origin.account_id is not None:
        _close_waiting(session, decision)
    return decision


def settle_by(session: Session, item: ReviewItem, decision: Decision, sums: Sums) -> None:
    """Let a locked item be decided by what was said outside of its queue; no tab is its holder."""
    item.state, item.account_id, item.label = ItemState.DECIDED, decision.account_id, decision.label
    item.holder = item.lease_until = None
    item.decision_id, item.decided_at = decision.id, decision.created_at
    sums.items_decided += 1
    settle(session, item, sums)


def _close_waiting(session: Session, decision: Decision) -> None:
    third = and_(
        ReviewItem.seat == THIRD_SEAT,
        ReviewItem.barred_first_id.is_distinct_from(decision.account_id),
        ReviewItem.barred_second_id.is_distinct_from(decision.account_id),
    )
    waiting = session.scalars(
        select(ReviewItem)
        .join(ReviewQueue)
        .where(
            ReviewItem.face_id == decision.face_id,
            or_(ReviewItem.seat == FIRST_SEAT, third),
            ReviewItem.state == ItemState.WAITING,
            ReviewQueue.state == QueueState.OPEN,
        )
        .order_by(ReviewItem.id)
        .with_for_update(of=ReviewItem, skip_locked=True)
    ).all()
    sums: defaultdict[int, Sums] = defaultdict(Sums)
    for item in waiting:
        settle_by(session, item, decision, sums[item.queue_id])
    # In one order, so that no two requests wait for each other.
    for queue_id in sorted(sums):
        sums[queue_id].write_queue(session, queue_id)
