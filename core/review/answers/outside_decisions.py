"""Decisions and box edits made outside a queue, and what they do to items that wait in it."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from core.labels.decisions import Origin, add_decision, read_labels
from core.review.answers.store import CounterChanges, update_slots
from models import (
    FIRST_SLOT,
    THIRD_SLOT,
    BoxEdit,
    BoxState,
    Decision,
    Face,
    ItemState,
    Label,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
)


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


def close_item(session: Session, item: ReviewItem, decision: Decision, sums: CounterChanges) -> None:
    """Let a locked item be decided by what was said outside of its queue; no tab is its holder."""
    item.state, item.account_id, item.label = ItemState.DECIDED, decision.account_id, decision.label
    item.holder = item.lease_until = None
    item.decision_id, item.decided_at = decision.id, decision.created_at
    sums.items_decided += 1
    update_slots(session, item, sums)


def _close_waiting(session: Session, decision: Decision) -> None:
    third = and_(
        ReviewItem.seat == THIRD_SLOT,
        ReviewItem.barred_first_id.is_distinct_from(decision.account_id),
        ReviewItem.barred_second_id.is_distinct_from(decision.account_id),
    )
    waiting = session.scalars(
        select(ReviewItem)
        .join(ReviewQueue)
        .where(
            ReviewItem.face_id == decision.face_id,
            or_(ReviewItem.seat == FIRST_SLOT, third),
            ReviewItem.state == ItemState.WAITING,
            ReviewQueue.state == QueueState.OPEN,
        )
        .order_by(ReviewItem.id)
        .with_for_update(of=ReviewItem, skip_locked=True)
    ).all()
    sums: defaultdict[int, CounterChanges] = defaultdict(CounterChanges)
    for item in waiting:
        close_item(session, item, decision, sums[item.queue_id])
    # In one order, so that no two requests wait for each other.
    for queue_id in sorted(sums):
        sums[queue_id].write_queue(session, queue_id)


#: Faces that are queued although they are decided.
_DECIDED = frozenset(
    {ReviewReason.AGAIN, ReviewReason.FLAGGED, ReviewReason.LABEL_ERROR, ReviewReason.CONFLICT}
)
#: Boxes that stand no more.
GONE = (BoxState.REPLACED, BoxState.REMOVED)
#: A box that was moved more often than this is looked at no further.
_MOST_MOVES = 20


def refresh_items(session: Session, items: Sequence[ReviewItem], sums: CounterChanges) -> list[ReviewItem]:
    """Those of the tab's new items that a person is still needed for; the others are settled, or leave.

    An item goes along with its box where that was moved.
    """
    first = [item for item in items if item.seat == FIRST_SLOT]
    left = _follow_boxes(session, first, sums)
    left |= _close_decided(session, [item for item in first if item.id not in left], sums)
    return [item for item in items if item.id not in left]


def _close_decided(session: Session, items: Collection[ReviewItem], sums: CounterChanges) -> set[int]:
    fresh = [item for item in items if item.reason not in _DECIDED]
    decisions = read_labels(session, [item.face_id for item in fresh])
    decided = [item for item in fresh if item.face_id in decisions]
    for item in decided:
        close_item(session, item, decisions[item.face_id], sums)
    return {item.id for item in decided}


def _follow_boxes(session: Session, items: Collection[ReviewItem], sums: CounterChanges) -> set[int]:
    ids = [item.face_id for item in items]
    gone = set(session.scalars(select(Face.id).where(Face.id.in_(ids), Face.box_state.in_(GONE))))
    left = set()
    for item in items:
        if item.face_id not in gone:
            continue
        face_id = find_replacement(session, item.face_id)
        if face_id is None or _is_queued(session, item.queue_id, face_id):
            left.add(item.id)
            session.delete(item)
            sums.items -= 1
        else:
            item.face_id = face_id
    session.flush()
    return left


def find_replacement(session: Session, face_id: int) -> int | None:
    """The face whose box stands where a moved one stood; None where it was taken away."""
    for _ in range(_MOST_MOVES):
        moved = select(BoxEdit.face_id).where(BoxEdit.replaced_id == face_id, BoxEdit.undone_at.is_(None))
        undone = select(BoxEdit.replaced_id).where(
            BoxEdit.face_id == face_id, BoxEdit.replaced_id.is_not(None), BoxEdit.undone_at.is_not(None)
        )
        following = session.scalars(moved.union_all(undone).limit(1)).one_or_none()
        if following is None:
            return None
        face_id = following
        if session.scalars(select(Face.box_state).where(Face.id == face_id)).one() not in GONE:
            return face_id
    return None


def _is_queued(session: Session, queue_id: int, face_id: int) -> bool:
    query = exists().where(
        ReviewItem.queue_id == queue_id, ReviewItem.face_id == face_id, ReviewItem.seat == FIRST_SLOT
    )
    return bool(session.scalars(select(query)).one())
