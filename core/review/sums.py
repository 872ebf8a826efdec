"""What a request adds to the sums of its queue and of its reviewer's day, written once at its end."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new
from core.review.reviewer import Reviewer
from models import ReviewDay, ReviewQueue

#: Who was away from the desk did not decide for an hour.
_LONGEST_MILLISECONDS = 60_000
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass
class Sums:
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
