"""Lease items to reviewers' tabs: a conditional UPDATE claims them, and expired leases return them."""

import random
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock, read_clock_once
from core.review.answers.action import Reviewer
from core.review.hidden_guess import guess_is_public
from models import GOLD_SLOT, GoldFace, ItemState, Label, ReviewItem, ReviewReason

#: An open tab renews its leases every 20 s.
LEASE = timedelta(seconds=90)
#: Expired leases returned per transaction; the next tick returns the others.
_EXPIRED_AT_ONCE = 500


def claim_next(session: Session, queue_id: int, reviewer: Reviewer, want: int) -> list[ReviewItem]:
    """Lease up to `want` items, lowest ranks first; none whose face the person decided in another slot."""
    query = _waiting(queue_id, reviewer).order_by(ReviewItem.rank).limit(want)
    return sorted(_lease(session, query, reviewer), key=lambda item: item.rank)


def claim_by_guess(
    session: Session, queue_id: int, reviewer: Reviewer, label: Label, want: int
) -> list[ReviewItem]:
    """Lease up to `want` items of one predicted label, most confident first, with the items of their stacks.

    A page of one label reveals the prediction, so items with a hidden prediction are excluded.
    """
    same_label = _waiting(queue_id, reviewer).where(ReviewItem.guess == label, guess_is_public())
    items = _lease(session, same_label.order_by(ReviewItem.guess_score.desc()).limit(want), reviewer)
    stacks = {item.stack for item in items if item.stack is not None}
    if stacks:
        items += _lease(session, same_label.where(ReviewItem.stack.in_(stacks)), reviewer)
    return sorted(items, key=lambda item: -(item.guess_score or 0))


def reclaim(session: Session, item: ReviewItem, reviewer: Reviewer) -> bool:
    """Lease one given item, to undo a skip; False if the tab cannot have it any more."""
    if item.state is not ItemState.WAITING or is_barred(item, reviewer):
        return item.state is ItemState.LEASED and item.holder == reviewer.holder
    lease_item(session, item, reviewer)
    return True


def lease_item(session: Session, item: ReviewItem, reviewer: Reviewer) -> None:
    """Lease a locked item to the tab."""
    item.state, item.account_id, item.holder = ItemState.LEASED, reviewer.account_id, reviewer.holder
    item.lease_until = read_clock_once(session) + LEASE


def return_item(item: ReviewItem) -> None:
    """Make a locked item wait again."""
    item.state, item.account_id, item.holder, item.lease_until = ItemState.WAITING, None, None, None


def renew_leases(session: Session, queue_id: int, reviewer: Reviewer, item_ids: Collection[int]) -> set[int]:
    """Extend the leases of the tab's items; returns those that it still holds."""
    if not item_ids:
        return set()
    until = read_clock_once(session) + LEASE
    renewed = session.scalars(
        update(ReviewItem)
        .where(ReviewItem.id.in_(item_ids), *_held(queue_id, reviewer))
        .values(lease_until=until)
        .returning(ReviewItem.id)
        .execution_options(synchronize_session=False)
    )
    return set(renewed)


def release_tab(session: Session, queue_id: int, reviewer: Reviewer) -> None:
    """Return all items of a tab that closes."""
    _return(session, select(ReviewItem.id).where(*_held(queue_id, reviewer)))


def return_expired(session: Session, queue_id: int | None = None) -> int:
    """Return items whose lease has expired; returns their number."""
    query = select(ReviewItem.id).where(
        ReviewItem.state == ItemState.LEASED, ReviewItem.lease_until < read_clock(session)
    )
    if queue_id is not None:
        query = query.where(ReviewItem.queue_id == queue_id)
    return _return(session, query.limit(_EXPIRED_AT_ONCE))


def correct_lease_times(session: Session) -> None:
    """Shorten leases that end later than a lease can, as a clock that was set back leaves them."""
    until = read_clock(session) + LEASE
    late = update(ReviewItem).where(ReviewItem.state == ItemState.LEASED, ReviewItem.lease_until > until)
    session.execute(late.values(lease_until=until))


def is_barred(item: ReviewItem, reviewer: Reviewer) -> bool:
    """True if the person decided another slot of the face."""
    return reviewer.account_id in (item.barred_first_id, item.barred_second_id)


def _waiting(queue_id: int, reviewer: Reviewer) -> Select[int]:
    return select(ReviewItem.id).where(
        ReviewItem.queue_id == queue_id,
        ReviewItem.state == ItemState.WAITING,
        ReviewItem.barred_first_id.is_distinct_from(reviewer.account_id),
        ReviewItem.barred_second_id.is_distinct_from(reviewer.account_id),
    )


def _held(queue_id: int, reviewer: Reviewer) -> tuple[ColumnElement[bool], ...]:
    return (
        ReviewItem.queue_id == queue_id,
        ReviewItem.state == ItemState.LEASED,
        ReviewItem.account_id == reviewer.account_id,
        ReviewItem.holder == reviewer.holder,
    )


def _lease(session: Session, query: Select[int], reviewer: Reviewer) -> list[ReviewItem]:
    """Lock first, then update: PostgreSQL may evaluate a LIMIT inside the UPDATE twice."""
    ids = list(session.scalars(query.with_for_update(skip_locked=True)))
    if not ids:
        return []
    return list(
        session.scalars(
            update(ReviewItem)
            .where(ReviewItem.id.in_(ids), ReviewItem.state == ItemState.WAITING)
            .values(
                state=ItemState.LEASED,
                account_id=reviewer.account_id,
                holder=reviewer.holder,
                lease_until=read_clock_once(session) + LEASE,
            )
            .returning(ReviewItem)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
    )


def _return(session: Session, query: Select[int]) -> int:
    ids = list(session.scalars(query.with_for_update(skip_locked=True)))
    if ids:
        session.execute(
            update(ReviewItem)
            .where(ReviewItem.id.in_(ids))
            .values(state=ItemState.WAITING, account_id=None, holder=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def claim_gold(
    session: Session, queue_id: int, reviewer: Reviewer, *, faces: int, percent: int
) -> list[ReviewItem]:
    """Lease gold faces that are new to the person in this queue, `percent` of `faces` on average."""
    wanted = sum(random.random() * 100 < percent for _ in range(faces))
    if not wanted:
        return []
    slot = GOLD_SLOT + reviewer.account_id
    seen = exists().where(
        ReviewItem.queue_id == queue_id, ReviewItem.face_id == GoldFace.face_id, ReviewItem.seat == slot
    )
    unseen = session.scalars(
        select(GoldFace.face_id).where(~seen).order_by(GoldFace.face_id).limit(200)
    ).all()
    chosen = random.sample(unseen, min(wanted, len(unseen)))
    rows = [_gold_row(session, queue_id, face_id, slot, reviewer) for face_id in chosen]
    insert_new(session, ReviewItem, rows, ["queue_id", "face_id", "seat"])
    own = select(ReviewItem).where(
        ReviewItem.queue_id == queue_id,
        ReviewItem.face_id.in_(chosen),
        ReviewItem.seat == slot,
        ReviewItem.holder == reviewer.holder,
    )
    return list(session.scalars(own))


def _gold_row(
    session: Session, queue_id: int, face_id: int, slot: int, reviewer: Reviewer
) -> dict[str, object]:
    return {
        "queue_id": queue_id,
        "face_id": face_id,
        "seat": slot,
        "rank": 0,
        "reason": ReviewReason.GOLD,
        "second": False,
        "state": ItemState.LEASED,
        "account_id": reviewer.account_id,
        "holder": reviewer.holder,
        "lease_until": read_clock_once(session) + LEASE,
    }
