"""Write decisions of items, the further review slots they need, and the totals of queue and day."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock_once
from core.labels.decisions import Origin, add_decisions, undo_decision
from core.review.answers.action import Reviewer
from core.review.answers.leases import lease_item
from core.review.store import resolve_flags
from models import (
    FIRST_SLOT,
    SECOND_SLOT,
    THIRD_SLOT,
    Decision,
    ItemState,
    Label,
    ReviewDay,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
)

#: Who was away from the desk did not decide for an hour.
_LONGEST_MILLISECONDS = 60_000
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass
class CounterChanges:
    """Changes so far; rows that everybody updates are touched last, and so locked for a moment only."""

    items: int = 0
    items_decided: int = 0
    decided: int = 0
    milliseconds: int = 0
    undone: int = 0
    skipped: int = 0

    def decide(self, faces: int, milliseconds: int | None) -> None:
        """Count new decisions that took so long together."""
        self.items_decided += faces
        self.decided += faces
        self.milliseconds += min(milliseconds or 0, _LONGEST_MILLISECONDS * max(1, faces))

    def undo(self) -> None:
        """Count a decision that is taken back."""
        self.items_decided -= 1
        self.decided -= 1
        self.undone += 1

    def write_queue(self, session: Session, queue_id: int) -> tuple[int, int]:
        """Add to the queue's row; its items and decided items then."""
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
        """Add to the person's day; faces decided on it."""
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


#: How many ranks later the second person meets the face.
_SECOND_LATER = 20
#: Conflicts come before everything else for who may settle them.
_CONFLICT_RANK = -1


def update_slots(session: Session, item: ReviewItem, sums: CounterChanges) -> None:
    """Open the seat that the face needs now, and close one that nobody has begun and it needs no more."""
    if item.seat > THIRD_SLOT or not (item.second or item.seat):
        return
    session.flush()
    seats = _read_slots(session, item)
    first, second, third = (seats.get(seat) for seat in (FIRST_SLOT, SECOND_SLOT, THIRD_SLOT))
    if first is None:
        return
    decided = first.state is ItemState.DECIDED
    _keep(session, second, _second_slot(first) if decided and first.second else None, sums)
    both = decided and second is not None and second.state is ItemState.DECIDED
    differ = both and second is not None and first.label is not second.label
    _keep(session, third, _third_slot(first, second) if differ and second is not None else None, sums)


def _read_slots(session: Session, item: ReviewItem) -> dict[int, ReviewItem]:
    query = select(ReviewItem).where(
        ReviewItem.queue_id == item.queue_id,
        ReviewItem.face_id == item.face_id,
        ReviewItem.seat <= THIRD_SLOT,
    )
    return {row.seat: row for row in session.scalars(query.order_by(ReviewItem.id).with_for_update())}


def _keep(
    session: Session, there: ReviewItem | None, wanted: ReviewItem | None, sums: CounterChanges
) -> None:
    """Make the rows match: one that somebody has begun or decided stays whatever is wanted."""
    if wanted is not None and there is None:
        session.add(wanted)
        sums.items += 1
    elif wanted is None and there is not None and there.state is ItemState.WAITING:
        session.delete(there)
        sums.items -= 1


def _second_slot(first: ReviewItem) -> ReviewItem:
    return _new_slot(first, SECOND_SLOT, first.rank + _SECOND_LATER, first.reason, None)


def _third_slot(first: ReviewItem, second: ReviewItem) -> ReviewItem:
    return _new_slot(first, THIRD_SLOT, _CONFLICT_RANK, ReviewReason.CONFLICT, second.account_id)


def _new_slot(
    first: ReviewItem, seat: int, rank: int, reason: ReviewReason, barred_second_id: int | None
) -> ReviewItem:
    return ReviewItem(
        queue_id=first.queue_id,
        face_id=first.face_id,
        seat=seat,
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
    pairs: Sequence[tuple[ReviewItem, Label]],
    sums: CounterChanges,
    *,
    milliseconds: int | None,
    page_key: str | None = None,
) -> None:
    """Decide locked items; a gold face's answer stays in its item, since its label is known."""
    each = milliseconds // len(pairs) if milliseconds is not None and pairs else None
    written = _write_decisions(session, reviewer, pairs, each)
    fresh = sum(item.state is not ItemState.DECIDED for item, _ in pairs)
    now = read_clock_once(session)
    for item, label in pairs:
        if item.state is not ItemState.DECIDED or item.decision_id is None:
            item.decision_id = written.get(item.face_id)
        item.state, item.account_id, item.holder = ItemState.DECIDED, reviewer.account_id, reviewer.holder
        item.lease_until, item.label, item.decided_at, item.milliseconds = None, label, now, each
        item.page_key = page_key
        update_slots(session, item, sums)
    sums.decide(fresh, milliseconds if fresh else 0)
    settled = [item.face_id for item, _ in pairs if item.reason is ReviewReason.FLAGGED]
    if settled:
        resolve_flags(session, settled)


def undo(session: Session, reviewer: Reviewer, item: ReviewItem, sums: CounterChanges) -> None:
    """Take a locked item's decision back; the tab holds the item again."""
    first = session.get(Decision, item.decision_id) if item.decision_id is not None else None
    if first is not None:
        undo_decision(session, first)
    item.label = item.decided_at = item.milliseconds = item.decision_id = item.page_key = None
    lease_item(session, item, reviewer)
    update_slots(session, item, sums)
    sums.undo()


def queue_name(queue_id: int) -> str:
    """A review queue's name in `Decision.queue`."""
    return f"review {queue_id}"


def _write_decisions(
    session: Session, reviewer: Reviewer, pairs: Sequence[tuple[ReviewItem, Label]], each: int | None
) -> dict[int, int]:
    labels = {item.face_id: label for item, label in pairs if item.reason is not ReviewReason.GOLD}
    if not labels:
        return {}
    queue_id = pairs[0][0].queue_id
    origin = Origin(account_id=reviewer.account_id, queue=queue_name(queue_id))
    return add_decisions(session, labels, origin, milliseconds=each)
