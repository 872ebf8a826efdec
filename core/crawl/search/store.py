"""Write the hits of a search and its end, and continue a search that is short of photos."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.crawl.address import address_digest
from core.crawl.job_kind import FETCH_STAGE, SEARCH_STAGE
from core.crawl.search.queries import (
    ENOUGH,
    SeenHit,
    find_seen_hits,
    goal,
    has_other_searches,
    misses,
    read_search,
)
from core.crawl.source import Hit, HitsPage
from core.crawl.sources.by_address import Addresses
from core.crawl.store import add_sources
from core.database import read_clock
from core.jobs.claim import Claim
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held, note_progress
from core.jobs.stages import lock_job
from core.jobs.store import add_batches, add_event
from core.library.files.names import display_name
from core.number_text import plural
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
#: While other hits are being fetched, a search waits until this share of the requested photos is missing:
#: continuing costs a result page each time.
_LEAST_MISSING = 0.1


def add_hits(session: Session, claim: Claim, page: HitsPage, *, batch_photos: int) -> CrawlSearch:
    """Write a page's hits up to the search's goal, and the cursor of the next page.

    The cursor moves on only if all hits of the page were taken. LeaseLost if the batch is not held: the
    page of a killed worker is written once, by the worker that continues.
    """
    batch = lock_held(session, claim)
    lock_job(session, claim.job_id)
    search = read_search(session, claim)
    session.refresh(search)
    by_digest = {address_digest(hit.file_url): hit for hit in page.hits}
    seen = find_seen_hits(session, claim.job_id, by_digest)
    new = [hit for digest, hit in by_digest.items() if digest not in seen]
    taken = new[: max(0, goal(search) - search.found)]
    first = _take_positions(session, claim.job_id, len(taken))
    if taken:
        _insert_hits(session, search, first, taken)
        add_batches(
            session, claim.job_id, FETCH_STAGE.name, first=first, count=len(taken), batch_photos=batch_photos
        )
    search.found += len(taken)
    search.repeated += _add_repeated(session, search, by_digest, seen)
    if len(taken) == len(new):
        search.pages += 1
        search.cursor = page.cursor
    if new:
        note_progress(batch)
    session.flush()
    return search


def end_search(session: Session, claim: Claim, *, code: str, message: str) -> bool:
    """Write why a search ended and finish its batch; the last search marks the job as listed.

    False if the search must continue: hits failed in the meantime, so that its goal is higher now.
    """
    lock_held(session, claim)
    job = lock_job(session, claim.job_id)
    search = read_search(session, claim)
    session.refresh(search)
    if code == ENOUGH and search.found < goal(search):
        return False
    search.end_code, search.end_message = code, message
    if code != ENOUGH:
        _warn_of_end(session, search)
    if not has_other_searches(session, claim):
        if not job.listed:
            add_event(
                session,
                job.id,
                EventLevel.INFO,
                "job_listed",
                f"Found {plural(job.photos_found, 'picture')}.",
            )
        job.listed, job.stage = True, FETCH_STAGE.name
    finish_batch(session, claim)
    return True


def _warn_of_end(session: Session, search: CrawlSearch) -> None:
    line = (
        f"“{search.query.splitlines()[0]}” ({search.source}): {plural(search.found, 'picture')} found for "
        f"{plural(search.asked, 'photo')}. {search.end_message}"
    )
    add_event(session, search.job_id, EventLevel.WARNING, "search_ended", line)


def _add_repeated(
    session: Session, search: CrawlSearch, by_digest: Mapping[bytes, Hit], seen: Mapping[bytes, SeenHit]
) -> int:
    """Write hits that other searches found first; the number of those that are new to this search."""
    again = [digest for digest, before in seen.items() if search.id not in before.searches]
    rows = [
        _hit_row(search, seen[digest].position, by_digest[digest], HitOutcome.REPEATED) for digest in again
    ]
    if rows:
        session.execute(insert(CrawlHit), rows)
        add_sources(session, search.job_id, [seen[digest].position for digest in again])
    return len(again)


def _take_positions(session: Session, job_id: int, count: int) -> int:
    """Reserve `count` new positions of the job; the first of them."""
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
        "file_sha256": address_digest(hit.file_url),
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


def continue_searches(session: Session, claim: Claim) -> None:
    """Reopen searches that have too few photos; call it in the transaction that finishes a fetch batch."""
    lock_held(session, claim)
    # Locked: of two batches that finish at the same time, each would wait for the other to reopen a search.
    job = lock_job(session, claim.job_id)
    query = select(CrawlSearch).where(
        CrawlSearch.job_id == claim.job_id,
        CrawlSearch.end_code == ENOUGH,
        CrawlSearch.source != Addresses.name,
    )
    short = [search for search in session.scalars(query) if search.found < goal(search)]
    others = job.batches_open > 1
    for search in short:
        wanted = goal(search) - search.found
        if not others or wanted >= _LEAST_MISSING * search.asked:
            _reopen(session, search)


def _reopen(session: Session, search: CrawlSearch) -> None:
    batch = session.scalars(
        select(Batch)
        .where(
            Batch.job_id == search.job_id, Batch.kind == SEARCH_STAGE.name, Batch.sequence == search.number
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if batch.state is not BatchState.DONE:
        return
    batch.state, batch.attempts, batch.not_before = BatchState.WAITING, 0, read_clock(session)
    payload = SEARCH_STAGE.payload_of(batch)
    if not payload.further:
        batch.payload = payload.model_copy(update={"further": True}).to_json()
        _log_continued(session, search)
    search.end_code = search.end_message = None
    opened = update(Job).where(Job.id == search.job_id).values(batches_open=Job.batches_open + 1)
    session.execute(opened.execution_options(synchronize_session=False))


def _log_continued(session: Session, search: CrawlSearch) -> None:
    """Once per search, however often it continues."""
    line = (
        f"“{search.query.splitlines()[0]}” ({search.source}) continues: {misses(search):,} of "
        f"{plural(search.found, 'picture')} gave no new photo."
    )
    add_event(session, search.job_id, EventLevel.INFO, "search_goes_on", line)
