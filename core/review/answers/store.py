"""Write decisions of items, open and close their review slots, and update the counters of queue and day."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock_once
from core.events.outbox import write_event
from core.labels.decisions import Origin, add_decisions, undo_decision
from core.review.answers.action import Reviewer
from core.review.answers.leases import lease_item
from core.review.store import resolve_flags
from models import (
    FIRST_SLOT,
    SECOND_SLOT,
    THIRD_SLOT,
    Choice,
    Decision,
    EventType,
    ItemState,
    ReviewDay,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    label_of,
)

#: At most this much time counts for one decision, so that breaks do not count.
_LONGEST_MILLISECONDS = 60_000
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass
class CounterChanges:
    """Changes to counters, collected first and written last, so that shared rows are locked only briefly."""

    items: int = 0
    items_decided: int = 0
    decided: int = 0
    milliseconds: int = 0
    undone: int = 0
    skipped: int = 0
    #: Faces whose decisions or conflicts may have changed.
    faces: set[int] = field(default_factory=set)

    def count_decisions(self, faces: int, milliseconds: int | None) -> None:
        """Count new decisions that took `milliseconds` together."""
        self.items_decided += faces
        self.decided += faces
        self.milliseconds += min(milliseconds or 0, _LONGEST_MILLISECONDS * max(1, faces))

    def count_undo(self) -> None:
        """Count an undone decision."""
        self.items_decided -= 1
        self.decided -= 1
        self.undone += 1

    def write_queue(self, session: Session, queue_id: int) -> tuple[int, int]:
        """Update the queue's counters; returns its new numbers of items and decided items."""
        session.flush()
        of_queue = ReviewQueue.id == queue_id
        counts = (ReviewQueue.items, ReviewQueue.items_decided)
        if not (self.items or self.items_decided):
            items, decided = session.execute(select(*counts).where(of_queue)).one()
            return items, decided
        added = {"items": counts[0] + self.items, "items_decided": counts[1] + self.items_decided}
        changed = update(ReviewQueue).where(of_queue).values(added).returning(*counts)
        items, decided = session.execute(changed, execution_options=_UNSYNCHRONIZED).one()
        return items, decided

    def write_day(self, session: Session, reviewer: Reviewer) -> int:
        """Update the person's counters of the day; returns the faces decided on it."""
        of_day = (ReviewDay.account_id == reviewer.account_id, ReviewDay.day == reviewer.day)
        if not (self.decided or self.undone or self.skipped):
            return session.scalars(select(ReviewDay.decided).where(*of_day)).one_or_none() or 0
        added = (
            update(ReviewDay)
            .where(*of_day)
            .values(
                decided=ReviewDay.decided + self.decided,
                milliseconds=ReviewDay.milliseconds + self.milliseconds,
                undone=ReviewDay.undone + self.undone,
                skipped=ReviewDay.skipped + self.skipped,
            )
            .returning(ReviewDay.decided)
        )
        decided = session.scalars(added, execution_options=_UNSYNCHRONIZED).one_or_none()
        if decided is None:
            who = {"account_id": reviewer.account_id, "day": reviewer.day}
            zeros = {"decided": 0, "milliseconds": 0, "undone": 0, "skipped": 0}
            insert_new(session, ReviewDay, [who | zeros], ["account_id", "day"])
            decided = session.scalars(added, execution_options=_UNSYNCHRONIZED).one()
        return decided


#: Second decisions rank this far behind the first.
_SECOND_RANK_OFFSET = 20
#: Conflicts rank before all other items.
_CONFLICT_RANK = -1


def update_slots(session: Session, item: ReviewItem, changes: CounterChanges) -> None:
    """Open the review slot that the face needs now, and delete a waiting one that it no longer needs.

    A face that the first person cannot tell is not shown to a second one. Two people who answer differently
    are a conflict, also where one of them cannot tell.
    """
    changes.faces.add(item.face_id)
    if item.seat > THIRD_SLOT or not (item.second or item.seat):
        return
    session.flush()
    slots = _read_slots(session, item)
    first, second, third = (slots.get(slot) for slot in (FIRST_SLOT, SECOND_SLOT, THIRD_SLOT))
    if first is None:
        return
    decided = first.state is ItemState.DECIDED
    double = first.second and first.label is not None
    _add_or_delete(session, second, _second_slot(first) if decided and double else None, changes)
    conflict = None
    if decided and second is not None and second.state is ItemState.DECIDED:
        conflict = _third_slot(first, second) if first.choice is not second.choice else None
    _add_or_delete(session, third, conflict, changes)


def _read_slots(session: Session, item: ReviewItem) -> dict[int, ReviewItem]:
    query = select(ReviewItem).where(
        ReviewItem.queue_id == item.queue_id,
        ReviewItem.face_id == item.face_id,
        ReviewItem.seat <= THIRD_SLOT,
    )
    return {row.seat: row for row in session.scalars(query.order_by(ReviewItem.id).with_for_update())}


def _add_or_delete(
    session: Session, existing: ReviewItem | None, wanted: ReviewItem | None, changes: CounterChanges
) -> None:
    """Add the wanted slot or delete an unwanted one; a leased or decided slot is kept in any case."""
    if wanted is not None and existing is None:
        session.add(wanted)
        changes.items += 1
        if wanted.seat == THIRD_SLOT:
            facts = {"face_id": wanted.face_id, "queue_id": wanted.queue_id}
            address = f"/api/v1/faces/{wanted.face_id}"
            write_event(session, EventType.CONFLICT_FOUND, {"conflict": facts | {"address": address}})
    elif wanted is None and existing is not None and existing.state is ItemState.WAITING:
        session.delete(existing)
        changes.items -= 1


def _second_slot(first: ReviewItem) -> ReviewItem:
    return _new_slot(first, SECOND_SLOT, first.rank + _SECOND_RANK_OFFSET, first.reason, None)


def _third_slot(first: ReviewItem, second: ReviewItem) -> ReviewItem:
    return _new_slot(first, THIRD_SLOT, _CONFLICT_RANK, ReviewReason.CONFLICT, second.account_id)


def _new_slot(
    first: ReviewItem, slot: int, rank: int, reason: ReviewReason, barred_second_id: int | None
) -> ReviewItem:
    return ReviewItem(
        queue_id=first.queue_id,
        face_id=first.face_id,
        seat=slot,
        rank=rank,
        reason=reason,
        second=False,
        barred_first_id=first.account_id,
        barred_second_id=barred_second_id,
        guess=first.guess,
        guess_score=first.guess_score,
        state=ItemState.WAITING,
    )


def decide(
    session: Session,
    reviewer: Reviewer,
    pairs: Sequence[tuple[ReviewItem, Choice]],
    changes: CounterChanges,
    *,
    milliseconds: int | None,
    page_key: str | None = None,
) -> None:
    """Decide locked items; the answer to a gold face is kept in the item and is no decision."""
    each = milliseconds // len(pairs) if milliseconds is not None and pairs else None
    written = _write_decisions(session, reviewer, pairs, each)
    fresh = sum(item.state is not ItemState.DECIDED for item, _ in pairs)
    now = read_clock_once(session)
    for item, choice in pairs:
        if item.state is not ItemState.DECIDED or item.decision_id is None:
            item.decision_id = written.get(item.face_id)
        item.state, item.account_id, item.holder = ItemState.DECIDED, reviewer.account_id, reviewer.holder
        item.lease_until, item.decided_at, item.milliseconds = None, now, each
        item.label, item.page_key = label_of(choice), page_key
        update_slots(session, item, changes)
    changes.count_decisions(fresh, milliseconds if fresh else 0)
    flagged = [item.face_id for item, _ in pairs if item.reason is ReviewReason.FLAGGED]
    if flagged:
        resolve_flags(session, flagged)


def undo(session: Session, reviewer: Reviewer, item: ReviewItem, changes: CounterChanges) -> None:
    """Undo the decision of a locked item and lease the item to the tab again."""
    first = session.get(Decision, item.decision_id) if item.decision_id is not None else None
    if first is not None:
        undo_decision(session, first)
    item.label = item.decided_at = item.milliseconds = item.decision_id = item.page_key = None
    lease_item(session, item, reviewer)
    update_slots(session, item, changes)
    changes.count_undo()


def queue_name(queue_id: int) -> str:
    """The value of `Decision.queue` for a review queue."""
    return f"review {queue_id}"


def _write_decisions(
    session: Session, reviewer: Reviewer, pairs: Sequence[tuple[ReviewItem, Choice]], each: int | None
) -> dict[int, int]:
    choices = {item.face_id: choice for item, choice in pairs if item.reason is not ReviewReason.GOLD}
    if not choices:
        return {}
    queue_id = pairs[0][0].queue_id
    origin = Origin(account_id=reviewer.account_id, queue=queue_name(queue_id))
    return add_decisions(session, choices, origin, milliseconds=each)
