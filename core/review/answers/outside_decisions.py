"""Apply decisions and box edits made outside a queue to the items that wait in it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from core.labels.decisions import Origin, add_decision, read_current, undo_decision
from core.predict.final_counts import refresh_faces
from core.review.answers.leases import return_item
from core.review.answers.store import CounterChanges, update_slots
from models import (
    FIRST_SLOT,
    THIRD_SLOT,
    BoxEdit,
    BoxState,
    Choice,
    Decision,
    Face,
    ItemState,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
)


def decide_face(
    session: Session, face_id: int, choice: Choice | None, origin: Origin, *, milliseconds: int | None = None
) -> Decision:
    """Add a decision (None undoes the person's own) and close the items that it answers.

    It answers first slots, and third slots if the person is a third one, those also in closed queues; blind
    second slots stay open. Raises InputError face_not_found.
    """
    decision = add_decision(session, face_id, choice, origin, milliseconds=milliseconds)
    if choice is None:
        _reopen_third(session, face_id, origin.account_id)
    elif origin.account_id is not None:
        _close_waiting(session, decision)
    refresh_faces(session, [face_id])
    return decision


def undo_face(session: Session, decision: Decision) -> Decision:
    """Restore the person's previous decision on the face; a conflict that this one ended is open again."""
    restored = undo_decision(session, decision)
    _reopen_third(session, decision.face_id, decision.account_id)
    refresh_faces(session, [decision.face_id])
    return restored


def _reopen_third(session: Session, face_id: int, account_id: int | None) -> None:
    """Without this, one of the two opinions about a contested face would count."""
    decided = select(ReviewItem).where(
        ReviewItem.face_id == face_id,
        ReviewItem.seat == THIRD_SLOT,
        ReviewItem.state == ItemState.DECIDED,
        ReviewItem.account_id == account_id,
    )
    reopen_items(session, session.scalars(decided.order_by(ReviewItem.id).with_for_update()).all())


def reopen_items(session: Session, items: Iterable[ReviewItem]) -> None:
    """Make locked decided items wait again."""
    changes: defaultdict[int, CounterChanges] = defaultdict(CounterChanges)
    for item in items:
        item.label = item.decided_at = item.decision_id = None
        return_item(item)
        changes[item.queue_id].items_decided -= 1
    write_queues(session, changes)


def write_queues(session: Session, changes: Mapping[int, CounterChanges]) -> None:
    """Update the counters of queues in the order of their ids, to avoid deadlocks."""
    for queue_id in sorted(changes):
        changes[queue_id].write_queue(session, queue_id)


def close_item(session: Session, item: ReviewItem, decision: Decision, changes: CounterChanges) -> None:
    """Close a locked item with a decision that was made outside its queue; it has no holder then."""
    item.state, item.account_id, item.label = ItemState.DECIDED, decision.account_id, decision.label
    item.holder = item.lease_until = None
    item.decision_id, item.decided_at = decision.id, decision.created_at
    changes.items_decided += 1
    update_slots(session, item, changes)


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
            or_(and_(ReviewItem.seat == FIRST_SLOT, ReviewQueue.state == QueueState.OPEN), third),
            ReviewItem.state == ItemState.WAITING,
        )
        .order_by(ReviewItem.id)
        .with_for_update(of=ReviewItem, skip_locked=True)
    ).all()
    changes: defaultdict[int, CounterChanges] = defaultdict(CounterChanges)
    for item in waiting:
        close_item(session, item, decision, changes[item.queue_id])
    write_queues(session, changes)


#: Reasons for which decided faces are queued.
_DECIDED = frozenset(
    {ReviewReason.AGAIN, ReviewReason.FLAGGED, ReviewReason.LABEL_ERROR, ReviewReason.CONFLICT}
)
#: States of boxes that no longer count.
GONE = (BoxState.REPLACED, BoxState.REMOVED)
#: Longest chain of moves that is followed.
_MOST_MOVES = 20


def refresh_items(session: Session, items: Sequence[ReviewItem], changes: CounterChanges) -> list[ReviewItem]:
    """Those new items of the tab that still need a person; the others are closed or deleted.

    The item of a moved box is pointed at the new box.
    """
    first = [item for item in items if item.seat == FIRST_SLOT]
    closed = _follow_boxes(session, first, changes)
    closed |= _close_decided(session, [item for item in first if item.id not in closed], changes)
    return [item for item in items if item.id not in closed]


def _close_decided(session: Session, items: Collection[ReviewItem], changes: CounterChanges) -> set[int]:
    fresh = [item for item in items if item.reason not in _DECIDED]
    decisions = read_current(session, [item.face_id for item in fresh])
    decided = [item for item in fresh if item.face_id in decisions]
    for item in decided:
        close_item(session, item, decisions[item.face_id], changes)
    return {item.id for item in decided}


def _follow_boxes(session: Session, items: Collection[ReviewItem], changes: CounterChanges) -> set[int]:
    ids = [item.face_id for item in items]
    gone = set(session.scalars(select(Face.id).where(Face.id.in_(ids), Face.box_state.in_(GONE))))
    deleted = set()
    for item in items:
        if item.face_id not in gone:
            continue
        face_id = find_replacement(session, item.face_id)
        if face_id is None or _is_queued(session, item.queue_id, face_id):
            deleted.add(item.id)
            session.delete(item)
            changes.items -= 1
        else:
            item.face_id = face_id
    session.flush()
    return deleted


def find_replacement(session: Session, face_id: int) -> int | None:
    """The face that replaced a moved box; None if the box was removed."""
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
