"""The database work of a search: its state out, hits and their fetch batches in, and its end."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.crawl.goal import ENOUGH, goal
from core.crawl.hit import Hit, HitsPage
from core.crawl.job_kind import FETCH_STAGE, SEARCH_STAGE
from core.crawl.store_sources import add_sources
from core.jobs.claim import Claim
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.stages import lock_job
from core.jobs.store import add_batches, add_event
from core.library.files.names import display_name
from models import (
    Batch,
    BatchState,
    CrawlHit,
    CrawlSearch,
    EventLevel,
    HitOutcome,
    Job,
    JobPhoto,
    JobPhotoState,
)

_LONGEST_LICENCE = 120


@dataclass(frozen=True, kw_only=True)
class _Met:
    """The position of a picture that the job has met, and the searches that did."""

    position: int
    searches: set[int] = field(default_factory=set)


def read_search(session: Session, claim: Claim) -> CrawlSearch:
    """The search that a search batch makes."""
    query = select(CrawlSearch).where(
        CrawlSearch.job_id == claim.job_id, CrawlSearch.number == claim.sequence
    )
    return session.scalars(query).one()


def add_hits(session: Session, claim: Claim, page: HitsPage, *, batch_photos: int) -> CrawlSearch:
    """Write a page's hits up to the number that the search goes for, and where it goes on.

    A page of which hits are left is read again should the search go on.

    Fenced by the claim's token: a page that a killed worker read is written once, by whoever asks next.
    """
    lock_held(session, claim)
    lock_job(session, claim.job_id)
    search = read_search(session, claim)
    session.refresh(search)
    by_digest = {digest_of(hit.file_url): hit for hit in page.hits}
    met = _met(session, claim.job_id, by_digest)
    new = [hit for digest, hit in by_digest.items() if digest not in met]
    taken = new[: max(0, goal(search) - search.found)]
    first = _take_positions(session, claim.job_id, len(taken))
    if taken:
        _insert_hits(session, search, first, taken)
        add_batches(
            session, claim.job_id, FETCH_STAGE.name, first=first, count=len(taken), batch_photos=batch_photos
        )
    search.found += len(taken)
    search.repeated += _repeat(session, search, by_digest, met)
    if len(taken) == len(new):
        search.pages += 1
        search.cursor = page.cursor
    session.flush()
    return search


def end_search(session: Session, claim: Claim, *, code: str, message: str) -> bool:
    """Say why a search ended and close its batch; after the last one the number of hits is the total.

    False where it has enough no longer, since hits failed in the meantime: then it is to go on.
    """
    lock_held(session, claim)
    job = lock_job(session, claim.job_id)
    search = read_search(session, claim)
    session.refresh(search)
    if code == ENOUGH and search.found < goal(search):
        return False
    search.end_code, search.end_message = code, message
    if code != ENOUGH:
        _warn(session, search)
    if not _others_search(session, claim):
        if not job.listed:
            add_event(session, job.id, EventLevel.INFO, "job_listed", f"Found {job.photos_found} pictures.")
        job.listed, job.stage = True, FETCH_STAGE.name
    finish_batch(session, claim)
    return True


def _warn(session: Session, search: CrawlSearch) -> None:
    line = (
        f"“{search.query.splitlines()[0]}” ({search.source}): {search.found:,} pictures found for "
        f"{search.asked:,} photos. {search.end_message}"
    )
    add_event(session, search.job_id, EventLevel.WARNING, "search_ended", line)


def _others_search(session: Session, claim: Claim) -> bool:
    query = select(Batch.id).where(
        Batch.job_id == claim.job_id,
        Batch.kind == SEARCH_STAGE.name,
        Batch.id != claim.batch_id,
        Batch.state.in_((BatchState.WAITING, BatchState.LEASED)),
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def _met(session: Session, job_id: int, digests: Collection[bytes]) -> dict[bytes, _Met]:
    """Where the job has met these addresses, and by which searches."""
    query = select(CrawlHit.file_sha256, CrawlHit.position, CrawlHit.search_id).where(
        CrawlHit.job_id == job_id, CrawlHit.file_sha256.in_(digests)
    )
    met: dict[bytes, _Met] = {}
    for digest, position, search_id in session.execute(query):
        met.setdefault(digest, _Met(position=position)).searches.add(search_id)
    return met


def _repeat(
    session: Session, search: CrawlSearch, by_digest: Mapping[bytes, Hit], met: Mapping[bytes, _Met]
) -> int:
    """Write down that this search meets what others have met; returns how many it is new to."""
    again = [digest for digest, before in met.items() if search.id not in before.searches]
    rows = [
        _hit_row(search, met[digest].position, by_digest[digest], HitOutcome.REPEATED) for digest in again
    ]
    if rows:
        session.execute(insert(CrawlHit), rows)
        add_sources(session, search.job_id, [met[digest].position for digest in again])
    return len(again)


def _take_positions(session: Session, job_id: int, count: int) -> int:
    """The first of `count` new positions of the job."""
    found = session.scalars(
        update(Job)
        .where(Job.id == job_id)
        .values(photos_found=Job.photos_found + count)
        .returning(Job.photos_found)
        .execution_options(synchronize_session=False)
    ).one()
    return found - count


def _insert_hits(session: Session, search: CrawlSearch, first: int, hits: Sequence[Hit]) -> None:
    photos = [_job_photo(search.job_id, first + i, hit.file_url) for i, hit in enumerate(hits)]
    session.execute(insert(JobPhoto), photos)
    rows = [_hit_row(search, first + i, hit, HitOutcome.WAITING) for i, hit in enumerate(hits)]
    session.execute(insert(CrawlHit), rows)


def _hit_row(search: CrawlSearch, position: int, hit: Hit, outcome: HitOutcome) -> dict[str, Any]:
    return {
        "job_id": search.job_id,
        "position": position,
        "search_id": search.id,
        "file_sha256": digest_of(hit.file_url),
        "page_url": hit.page_url,
        "title": hit.title,
        "licence": hit.licence and hit.licence[:_LONGEST_LICENCE],
        "licence_url": hit.licence_url,
        "creator": hit.creator,
        "published_at": hit.published_at,
        "outcome": outcome,
    }


def _job_photo(job_id: int, position: int, address: str) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "position": position,
        "locator": address.encode(),
        "name": display_name(address.encode()),
        "state": JobPhotoState.WAITING,
    }


def digest_of(address: str) -> bytes:
    """By which an address is looked up, however long it is."""
    return hashlib.sha256(address.encode()).digest()
