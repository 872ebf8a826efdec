"""Gold faces: their label is known, and what a reviewer says of them measures the reviewer."""

import random

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock, read_clock_once
from core.errors import InputError
from core.review.claim import LEASE
from core.review.reviewer import Reviewer
from models import GOLD_SEAT, Face, GoldFace, ItemState, Label, ReviewItem, ReviewReason


def set_gold(session: Session, face_id: int, label: Label, *, account_id: int) -> None:
    """Make a face gold, or change its label; InputError face_not_found."""
    if session.get(Face, face_id) is None:
        raise InputError("face_not_found", f"There is no face {face_id}.")
    gold = session.get(GoldFace, face_id)
    if gold is None:
        gold = GoldFace(face_id=face_id, account_id=account_id, created_at=read_clock(session))
        session.add(gold)
    gold.label = label


def unset_gold(session: Session, face_id: int) -> None:
    """Make a face an ordinary one again; answers that were given stay."""
    session.execute(delete(GoldFace).where(GoldFace.face_id == face_id))


def list_gold(session: Session, *, after_id: int = 0, limit: int = 60) -> list[GoldFace]:
    """Gold faces by face id."""
    query = select(GoldFace).where(GoldFace.face_id > after_id).order_by(GoldFace.face_id)
    return list(session.scalars(query.limit(limit)))


def slip_gold(
    session: Session, queue_id: int, reviewer: Reviewer, *, faces: int, percent: int
) -> list[ReviewItem]:
    """Lease gold faces that the person did not meet in this queue, as many as belong among `faces`."""
    wanted = sum(random.random() * 100 < percent for _ in range(faces))
    if not wanted:
        return []
    seat = GOLD_SEAT + reviewer.account_id
    met = exists().where(
        ReviewItem.queue_id == queue_id, ReviewItem.face_id == GoldFace.face_id, ReviewItem.seat == seat
    )
    fresh = session.scalars(select(GoldFace.face_id).where(~met).order_by(GoldFace.face_id).limit(200)).all()
    chosen = random.sample(fresh, min(wanted, len(fresh)))
    rows = [_row(session, queue_id, face_id, seat, reviewer) for face_id in chosen]
    insert_new(session, ReviewItem, rows, ["queue_id", "face_id", "seat"])
    mine = select(ReviewItem).where(
        ReviewItem.queue_id == queue_id,
        ReviewItem.face_id.in_(chosen),
        ReviewItem.seat == seat,
        ReviewItem.holder == reviewer.holder,
    )
    return list(session.scalars(mine))


def _row(session: Session, queue_id: int, face_id: int, seat: int, reviewer: Reviewer) -> dict[str, object]:
    return {
        "queue_id": queue_id,
        "face_id": face_id,
        "seat": seat,
        "rank": 0,
        "reason": ReviewReason.GOLD,
        "second": False,
        "state": ItemState.LEASED,
        "account_id": reviewer.account_id,
        "holder": reviewer.holder,
        "lease_until": read_clock_once(session) + LEASE,
    }
