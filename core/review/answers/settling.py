"""Settle conflicts: a lead's decision ends them, also where the lead gave one of the two answers."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.labels.decisions import Origin, add_decision
from core.predict.final_counts import refresh_faces
from core.review.answers.outside_decisions import close_item, find_replacement, reopen_items, write_queues
from core.review.answers.store import CounterChanges
from models import THIRD_SLOT, Choice, Decision, ItemState, ReviewItem

#: `Decision.queue` of a decision that settles a conflict.
SETTLED = "settled"


def settle_conflict(session: Session, item_id: int, choice: Choice, *, account_id: int) -> Decision:
    """Settle the conflict of this third slot; raises InputError conflict_not_found or conflict_settled."""
    item = _get_conflict(session, item_id)
    if item.state is ItemState.DECIDED:
        raise InputError("conflict_settled", "Somebody has settled this conflict meanwhile.")
    return settle_face(session, item.face_id, choice, account_id=account_id)


def settle_face(session: Session, face_id: int, choice: Choice, *, account_id: int) -> Decision:
    """Decide a contested face; ends its conflicts in all queues, also if somebody holds the face.

    The blind answers stay as they are, so that the decision is in no figure about agreement. Where the box
    was moved, the decision is about the new one.
    """
    now = find_replacement(session, face_id) or face_id
    decision = add_decision(session, now, choice, Origin(account_id=account_id, queue=SETTLED))
    open_items = select(ReviewItem).where(
        ReviewItem.face_id == face_id, ReviewItem.seat == THIRD_SLOT, ReviewItem.state != ItemState.DECIDED
    )
    changes: defaultdict[int, CounterChanges] = defaultdict(CounterChanges)
    for item in session.scalars(open_items.order_by(ReviewItem.id).with_for_update()).all():
        close_item(session, item, decision, changes[item.queue_id])
    write_queues(session, changes)
    refresh_faces(session, {face_id, now})
    return decision


def reopen_conflict(session: Session, item_id: int) -> None:
    """Undo the decision that settled a conflict: the face is contested again.

    Raises InputError conflict_not_found, or conflict_open if no lead has settled it.
    """
    item = _get_conflict(session, item_id)
    decision = session.get(Decision, item.decision_id) if item.decision_id is not None else None
    if decision is None or decision.queue != SETTLED:
        raise InputError("conflict_open", "No lead has settled this conflict.")
    _reopen(session, decision)


def undo_settling(session: Session, face_id: int, *, account_id: int) -> bool:
    """Reopen the conflict that the person's newest decision on the face settled; False if it settled none."""
    newest = next(iter(_read_own(session, face_id, account_id)), None)
    if newest is None or newest.queue != SETTLED or newest.choice is None:
        return False
    _reopen(session, newest)
    return True


def _get_conflict(session: Session, item_id: int) -> ReviewItem:
    item = session.get(ReviewItem, item_id)
    if item is None or item.seat != THIRD_SLOT:
        raise InputError("conflict_not_found", f"There is no conflict {item_id}.")
    return item


def _reopen(session: Session, decision: Decision) -> None:
    """Restore the person's decision before this one, and make its third slots wait again."""
    newest, *before = _read_own(session, decision.face_id, decision.account_id)
    if newest.id == decision.id:
        restored = before[0] if before else None
        origin = Origin(account_id=decision.account_id, queue=restored.queue if restored else SETTLED)
        add_decision(session, decision.face_id, restored.choice if restored else None, origin)
    of_decision = ReviewItem.seat == THIRD_SLOT, ReviewItem.decision_id == decision.id
    query = select(ReviewItem).where(*of_decision).order_by(ReviewItem.id).with_for_update()
    items = session.scalars(query).all()
    reopen_items(session, items)
    refresh_faces(session, {decision.face_id, *(item.face_id for item in items)})


def _read_own(session: Session, face_id: int, account_id: int | None) -> Iterable[Decision]:
    """The person's two newest decisions about the face, newest first."""
    own = Decision.face_id == face_id, Decision.account_id == account_id
    return session.scalars(select(Decision).where(*own).order_by(Decision.id.desc()).limit(2)).all()
