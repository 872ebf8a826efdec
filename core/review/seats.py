"""Second looks and conflicts: which further seats a face needs after its decisions so far."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.review.sums import Sums
from models import FIRST_SEAT, SECOND_SEAT, THIRD_SEAT, ItemState, ReviewItem, ReviewReason

#: How many ranks later the second person meets the face.
_SECOND_LATER = 20
#: Conflicts come before everything else for who may settle them.
_CONFLICT_RANK = -1


def settle(session: Session, item: ReviewItem, sums: Sums) -> None:
    """Open the seat that the face needs now, and close one that nobody has begun and it needs no more."""
    if item.seat > THIRD_SEAT or not (item.second or item.seat):
        return
    session.flush()
    seats = _seats(session, item)
    first, second, third = (seats.get(seat) for seat in (FIRST_SEAT, SECOND_SEAT, THIRD_SEAT))
    if first is None:
        return
    decided = first.state is ItemState.DECIDED
    _keep(session, second, _second_of(first) if decided and first.second else None, sums)
    both = decided and second is not None and second.state is ItemState.DECIDED
    differ = both and second is not None and first.label is not second.label
    _keep(session, third, _third_of(first, second) if differ and second is not None else None, sums)


def _seats(session: Session, item: ReviewItem) -> dict[int, ReviewItem]:
    query = select(ReviewItem).where(
        ReviewItem.queue_id == item.queue_id,
        ReviewItem.face_id == item.face_id,
        ReviewItem.seat <= THIRD_SEAT,
    )
    return {row.seat: row for row in session.scalars(query.order_by(ReviewItem.id).with_for_update())}


def _keep(session: Session, there: ReviewItem | None, wanted: ReviewItem | None, sums: Sums) -> None:
    """Make the rows match: one that somebody has begun or decided stays whatever is wanted."""
    if wanted is not None and there is None:
        session.add(wanted)
        sums.items += 1
    elif wanted is None and there is not None and there.state is ItemState.WAITING:
        session.delete(there)
        sums.items -= 1


def _second_of(first: ReviewItem) -> ReviewItem:
    return _seat(first, SECOND_SEAT, first.rank + _SECOND_LATER, first.reason, None)


def _third_of(first: ReviewItem, second: ReviewItem) -> ReviewItem:
    return _seat(first, THIRD_SEAT, _CONFLICT_RANK, ReviewReason.CONFLICT, second.account_id)


def _seat(
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
