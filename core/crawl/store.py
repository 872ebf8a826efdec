"""Write host slots, sources of the photos that a crawl brought, and hits that were given up."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.crawl.address import address_digest, host_of
from core.crawl.host_slots import HostSlot, SlotWait
from core.crawl.politeness import LONGEST_RETRY_AFTER
from core.database import insert_new, read_clock
from core.errors import MaskloopError
from core.jobs.lease import LONGEST_PAUSE_SECONDS
from core.jobs.stages import lock_job
from models import Batch, CrawlHit, CrawlSearch, CrawlSlot, HitOutcome, Job, JobPhoto, Source, SourceKind

_LONGEST_PHRASE = 200
_LONGEST_HOST = 255
#: What is left at least of a wait that is shortened since the clock was set back.
_KEPT_WAIT_SECONDS = 60.0


def read_slot_wait(session: Session, host: str, *, slots: int) -> SlotWait | None:
    """How long to wait for a slot, None if one is free. Takes no lock."""
    rows = session.scalars(select(CrawlSlot).where(CrawlSlot.host == host, CrawlSlot.number < slots)).all()
    now = read_clock(session)
    if len(rows) < slots:
        return None
    waits = [_opens_at(row) - now for row in rows]
    soonest = min(waits).total_seconds()
    blocked = all(row.blocked_until is not None and row.blocked_until > now for row in rows)
    return SlotWait(seconds=soonest, blocked=blocked) if soonest > 0 else None


def take_slot(session: Session, host: str, *, slots: int, hold_seconds: float) -> HostSlot | SlotWait:
    """Take a free slot; it becomes free again after `hold_seconds` unless it is renewed."""
    now = read_clock(session)
    fresh = [{"host": host, "number": number, "free_at": now} for number in range(slots)]
    insert_new(session, CrawlSlot, fresh, ["host", "number"])
    row = session.scalars(
        select(CrawlSlot)
        .where(
            CrawlSlot.host == host,
            CrawlSlot.number < slots,
            CrawlSlot.free_at <= now,
            CrawlSlot.blocked_until.is_(None) | (CrawlSlot.blocked_until <= now),
        )
        .order_by(CrawlSlot.free_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return read_slot_wait(session, host, slots=slots) or SlotWait(seconds=0.05, blocked=False)
    row.token, row.free_at = secrets.token_hex(8), now + timedelta(seconds=hold_seconds)
    return HostSlot(host=host, number=row.number, token=row.token)


def renew_slot(session: Session, held: HostSlot, *, hold_seconds: float) -> None:
    """Keep a slot for longer. Does nothing if it has expired and another worker took it."""
    free_at = read_clock(session) + timedelta(seconds=hold_seconds)
    session.execute(update(CrawlSlot).where(*_holds(held)).values(free_at=free_at))


def release_slot(session: Session, held: HostSlot, *, pause_seconds: float) -> None:
    """Give a slot back; it stays closed for `pause_seconds`. Does nothing if another worker took it."""
    free_at = read_clock(session) + timedelta(seconds=pause_seconds)
    session.execute(update(CrawlSlot).where(*_holds(held)).values(token=None, free_at=free_at))


def block_host(session: Session, host: str, *, seconds: float) -> None:
    """Close all slots of the host for so many seconds."""
    until = read_clock(session) + timedelta(seconds=seconds)
    session.execute(update(CrawlSlot).where(CrawlSlot.host == host).values(blocked_until=until))


def correct_slot_times(session: Session, *, set_back: float | None) -> None:
    """Shorten waits that a clock which was set back has made longer, by `set_back` seconds if that is known.

    A wait that began since then is not made longer, so that it may end early; hence each keeps a minute. If
    the step is unknown, waits are shortened to the longest pause that there can be.
    """
    now = read_clock(session)
    for column, longest in (
        (CrawlSlot.free_at, LONGEST_PAUSE_SECONDS),
        (CrawlSlot.blocked_until, LONGEST_RETRY_AFTER),
    ):
        until = now + timedelta(seconds=longest)
        session.execute(update(CrawlSlot).where(column > until).values({column: until}))
        if set_back is not None:
            _move_back(session, column, now + timedelta(seconds=_KEPT_WAIT_SECONDS), set_back)


def _move_back(
    session: Session, column: InstrumentedAttribute[Any], earliest: datetime, seconds: float
) -> None:
    """Move times after `earliest` back by so many seconds, but not before it."""
    for row in session.scalars(select(CrawlSlot).where(column > earliest)):
        time: datetime = getattr(row, column.key)
        setattr(row, column.key, max(time - timedelta(seconds=seconds), earliest))


def _holds(held: HostSlot) -> tuple[ColumnElement[bool], ...]:
    return CrawlSlot.host == held.host, CrawlSlot.number == held.number, CrawlSlot.token == held.token


def _opens_at(row: CrawlSlot) -> datetime:
    return max(row.free_at, row.blocked_until or row.free_at)


def add_sources(session: Session, job_id: int, positions: Sequence[int]) -> None:
    """Write a source for every search that found a photo of these positions; existing rows stay."""
    rows = session.execute(
        select(
            JobPhoto.position,
            JobPhoto.photo_id,
            JobPhoto.locator,
            JobPhoto.name,
            CrawlHit.job_id,
            CrawlHit.outcome,
            CrawlHit.http_status,
            CrawlHit.page_url,
            CrawlHit.title,
            CrawlHit.licence,
            CrawlHit.licence_url,
            CrawlHit.creator,
            CrawlHit.published_at,
            CrawlSearch.source.label("found_by"),
            CrawlSearch.query,
            Job.options,
        )
        .join(CrawlHit, (CrawlHit.job_id == JobPhoto.job_id) & (CrawlHit.position == JobPhoto.position))
        .join(CrawlSearch, CrawlSearch.id == CrawlHit.search_id)
        .join(Job, Job.id == JobPhoto.job_id)
        .where(JobPhoto.job_id == job_id, JobPhoto.position.in_(positions), JobPhoto.photo_id.is_not(None))
        .order_by(JobPhoto.position, CrawlHit.id)
    ).all()
    answered = {row.position: row.http_status for row in rows if row.outcome is not HitOutcome.REPEATED}
    now = read_clock(session)
    sources = [_source_row(row, answered[row.position], now) for row in rows]
    insert_new(session, Source, sources, ["photo_id", "kind", "way_sha256"])


def give_up_hits(session: Session, batch: Batch, _error: MaskloopError) -> None:
    """Count the hits of a quarantined batch that have no result as broken."""
    # In the order of `save_hits`, so that neither waits for the other.
    lock_job(session, batch.job_id)
    without_result = (
        CrawlHit.job_id == batch.job_id,
        CrawlHit.position.between(batch.first_position, batch.last_position),
        CrawlHit.outcome == HitOutcome.WAITING,
    )
    numbers = select(CrawlHit.search_id, func.count()).where(*without_result).group_by(CrawlHit.search_id)
    for search_id, hits in session.execute(numbers.order_by(CrawlHit.search_id)).all():
        of_search = update(CrawlSearch).where(CrawlSearch.id == search_id)
        session.execute(of_search.values(broken=CrawlSearch.broken + hits))
    session.execute(update(CrawlHit).where(*without_result).values(outcome=HitOutcome.BROKEN))


def _source_row(hit: Row[*tuple[Any, ...]], http_status: int | None, now: datetime) -> dict[str, Any]:
    """The row of `Source` for one hit, as `add_sources` selects it."""
    # Here, since every process loads this module, and the sources load parsers of pages.
    from core.crawl.sources.registry import SEARCHED

    page = hit.page_url
    searched = any(hit.found_by == source.name for source in SEARCHED)
    return {
        "photo_id": hit.photo_id,
        "kind": SourceKind.CRAWL,
        "location": hit.locator,
        "location_sha256": hashlib.sha256(hit.locator).digest(),
        "name": hit.name,
        "job_id": hit.job_id,
        "created_at": now,
        "page_url": page,
        "page_sha256": address_digest(page) if page else None,
        "title": hit.title,
        "phrase": hit.query[:_LONGEST_PHRASE] if searched else None,
        "found_by": hit.found_by,
        "host": host_of(hit.locator.decode())[:_LONGEST_HOST],
        "page_host": host_of(page)[:_LONGEST_HOST] if page else None,
        "licence": hit.licence,
        "licence_url": hit.licence_url,
        "licence_filter": hit.options["filters"]["licence"] if searched else None,
        "creator": hit.creator,
        "published_at": hit.published_at,
        "http_status": http_status,
    }
