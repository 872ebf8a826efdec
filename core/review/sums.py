"""What a request adds to the sums of its queue and of its reviewer's day, written once at its end."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new
from core.review.reviewer import Reviewer
from models import ReviewDay, ReviewQueue

#: Who was away from the desk did not decide for an hour.
_LONGEST_MILLISECONDS = 60_000


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

    def write(self, session: Session, queue_id: int, reviewer: Reviewer) -> None:
        """Add everything to the queue's row and the day's."""
        self.write_queue(session, queue_id)
        if self.decided or self.undone or self.skipped:
            self._write_day(session, reviewer)

    def write_queue(self, session: Session, queue_id: int) -> None:
        """Add to the queue's row alone, where nobody's day is concerned."""
        session.flush()
        if self.items or self.items_decided:
            session.execute(
                update(ReviewQueue)
                .where(ReviewQueue.id == queue_id)
                .values(
                    items=ReviewQueue.items + self.items,
                    items_decided=ReviewQueue.items_decided + self.items_decided,
                )
            )

    def _write_day(self, session: Session, reviewer: Reviewer) -> None:
        who = {"account_id": reviewer.account_id, "day": reviewer.day}
        zeros = {"decided": 0, "milliseconds": 0, "undone": 0, "skipped": 0}
        insert_new(session, ReviewDay, [who | zeros], ["account_id", "day"])
        session.execute(
            update(ReviewDay)
            .where(ReviewDay.account_id == reviewer.account_id, ReviewDay.day == reviewer.day)
            .values(
                decided=ReviewDay.decided + self.decided,
                milliseconds=ReviewDay.milliseconds + self.milliseconds,
                undone=ReviewDay.undone + self.undone,
                skipped=ReviewDay.skipped + self.skipped,
            )
        )


def decided_on(session: Session, reviewer: Reviewer) -> int:
    """Faces that the person decided today."""
    query = select(ReviewDay.decided).where(
        ReviewDay.account_id == reviewer.account_id, ReviewDay.day == reviewer.day
    )
    return session.scalars(query).one_or_none() or 0
