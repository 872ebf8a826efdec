"""Lanes of hosts as rows: what one worker takes, no other has."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core.crawl.lanes import LanePass, LaneWait
from core.database import insert_new, read_clock
from models import CrawlLane


def read_wait(session: Session, host: str, *, lanes: int) -> LaneWait | None:
    """How long to wait for a lane, None where one is free; takes no lock."""
    rows = session.scalars(select(CrawlLane).where(CrawlLane.host == host, CrawlLane.number < lanes)).all()
    now = read_clock(session)
    if len(rows) < lanes:
        return None
    waits = [_opens_at(row) - now for row in rows]
    soonest = min(waits).total_seconds()
    blocked = all(row.blocked_until is not None and row.blocked_until > now for row in rows)
    return LaneWait(seconds=soonest, blocked=blocked) if soonest > 0 else None


def enter_lane(session: Session, host: str, *, lanes: int, hold_seconds: float) -> LanePass | LaneWait:
    """Take a free lane; it returns by itself after `hold_seconds` where nobody gives it back."""
    now = read_clock(session)
    fresh = [{"host": host, "number": number, "free_at": now} for number in range(lanes)]
    insert_new(session, CrawlLane, fresh, ["host", "number"])
    lane = session.scalars(
        select(CrawlLane)
        .where(
            CrawlLane.host == host,
            CrawlLane.number < lanes,
            CrawlLane.free_at <= now,
            CrawlLane.blocked_until.is_(None) | (CrawlLane.blocked_until <= now),
        )
        .order_by(CrawlLane.free_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if lane is None:
        return read_wait(session, host, lanes=lanes) or LaneWait(seconds=0.05, blocked=False)
    lane.token, lane.free_at = secrets.token_hex(8), now + timedelta(seconds=hold_seconds)
    return LanePass(host=host, number=lane.number, token=lane.token)


def renew_lane(session: Session, held: LanePass, *, hold_seconds: float) -> None:
    """Hold a lane for longer. Nothing happens where it was given up before."""
    free_at = read_clock(session) + timedelta(seconds=hold_seconds)
    session.execute(update(CrawlLane).where(*_is(held)).values(free_at=free_at))


def leave_lane(session: Session, held: LanePass, *, pause_seconds: float) -> None:
    """Give a lane back; it rests for so long. Nothing happens where it was given up before."""
    free_at = read_clock(session) + timedelta(seconds=pause_seconds)
    session.execute(update(CrawlLane).where(*_is(held)).values(token=None, free_at=free_at))


def block_host(session: Session, host: str, *, seconds: float) -> None:
    """Nobody enters any lane of the host for so long."""
    until = read_clock(session) + timedelta(seconds=seconds)
    session.execute(update(CrawlLane).where(CrawlLane.host == host).values(blocked_until=until))


def _is(held: LanePass) -> tuple[ColumnElement[bool], ...]:
    return CrawlLane.host == held.host, CrawlLane.number == held.number, CrawlLane.token == held.token


def _opens_at(lane: CrawlLane) -> datetime:
    return max(lane.free_at, lane.blocked_until or lane.free_at)
