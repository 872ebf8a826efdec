"""The batches of a crawl: search a source for hits, fetch hits."""

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from core.crawl.fetch.hit_fetcher import HitFetcher, HitResult, HitToFetch, KnownHit, MissedHit, PostponedHit
from core.crawl.fetch.queries import is_removed, read_known, read_waiting
from core.crawl.fetch.store import save_hits
from core.crawl.fetcher import HostBusy
from core.crawl.job_kind import FETCH_STAGE, SEARCH_STAGE
from core.crawl.options import CrawlOptions
from core.crawl.search.queries import ENOUGH, goal, read_search
from core.crawl.search.source_reader import SourceReader
from core.crawl.search.store import add_hits, continue_searches, end_search
from core.crawl.source import Query
from core.crawl.sources.registry import SOURCES
from core.detection.photo import PhotoLimits
from core.errors import InputError, TransientError
from core.jobs.finish import finish_batch
from core.jobs.lease import postpone_batch
from core.jobs.store import add_event
from core.library.files.store import PhotoStore
from models import CrawlSearch, EventLevel, HitOutcome, Job
from workers.crawl_network import AGENT, open_fetcher
from workers.engine import BatchRun, handles

#: Hits of a batch that are fetched at the same time; host slots may allow fewer.
_THREADS = 8
#: A search ends after so many result pages without a new hit: some sources repeat their results for ever.
_MOST_STALE_PAGES = 5
#: How often a batch is postponed because of a busy host.
_MOST_POSTPONED = 5
#: The longest time for which a batch is postponed.
_LONGEST_PAUSE = 3600.0


class Stopped(Exception):
    """Raised in the threads of a batch that must stop."""


@handles(SEARCH_STAGE)
def search_hits(run: BatchRun) -> None:
    """Read the source page by page, from where an earlier attempt stopped."""
    with run.db.read() as session:
        options = _options(session.get_one(Job, run.claim.job_id))
    reader = SourceReader(
        fetcher=open_fetcher(run.settings, run.db, obey_robots=options.obey_robots, check=run.check),
        obey_robots=options.obey_robots,
        agent=AGENT,
    )
    while not _search_and_end(run, reader, options):
        run.check()


def _search_and_end(run: BatchRun, reader: SourceReader, options: CrawlOptions) -> bool:
    """False if hits failed in the meantime, so that the search must continue."""
    with run.db.read() as session:
        search = read_search(session, run.claim)
    try:
        code, message = _search(run, reader, search, _query(run, search, options))
    except HostBusy as busy:
        _postpone(run, busy.seconds)
        return True
    except TransientError as error:
        if run.claim.attempts < run.settings.max_attempts:
            raise
        code, message = error.code, error.message
    except InputError as error:
        code, message = error.code, error.message
    with run.db.write() as session:
        return end_search(session, run.claim, code=code, message=message)


@handles(FETCH_STAGE)
def fetch_hits(run: BatchRun) -> None:
    """Fetch the batch's hits, and write each result as it arrives."""
    with run.db.read() as session:
        options = _options(session.get_one(Job, run.claim.job_id))
        hits = read_waiting(session, run.claim)
        known = read_known(session, hits)
    if known:
        with run.db.write() as session:
            save_hits(session, run.claim, known)
    positions = {hit.position for hit in known}
    postponed = _fetch_all(run, options, [hit for hit in hits if hit.position not in positions])
    if postponed:
        _postpone(run, postponed)
        return
    with run.db.write() as session:
        continue_searches(session, run.claim)
        finish_batch(session, run.claim)


def _search(run: BatchRun, reader: SourceReader, search: CrawlSearch, query: Query) -> tuple[str, str]:
    """The code and the sentence of why the search ended."""
    source, stale = SOURCES[search.source], 0
    while search.found < goal(search):
        if search.pages and search.cursor is None:
            return "exhausted", f"{source.title} has no more results."
        run.check()
        page = reader.read_page(source, query, search.cursor)
        with run.db.write() as session:
            before = search.found
            search = add_hits(session, run.claim, page, batch_photos=run.settings.batch_photos)
        stale = 0 if search.found > before or page.may_be_empty else stale + 1
        if not page.hits and not page.may_be_empty:
            return "exhausted", f"{source.title} has no more results."
        if stale == _MOST_STALE_PAGES:
            return "exhausted", f"{source.title} gave nothing new on {stale} pages in a row."
    return ENOUGH, "All requested pictures were found."


def _fetch_all(run: BatchRun, options: CrawlOptions, hits: Sequence[HitToFetch]) -> float:
    """Fetch in threads; the seconds until postponed hits may be tried again, 0 if there are none."""
    stop, postponed = threading.Event(), 0.0

    def check() -> None:
        if stop.is_set():
            raise Stopped

    def was_removed(sha256: str) -> bool:
        with run.db.read() as session:
            return is_removed(session, sha256)

    fetcher = HitFetcher(
        fetcher=open_fetcher(run.settings, run.db, obey_robots=options.obey_robots, check=check),
        store=PhotoStore(run.settings.data / "photos"),
        limits=PhotoLimits(max_pixels=run.settings.crawl_max_pixels, max_bytes=run.settings.crawl_max_bytes),
        smallest_side=options.smallest_side,
        is_removed=was_removed,
    )
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch") as pool:
        pending = {pool.submit(fetcher.fetch, hit) for hit in hits}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.25, return_when=FIRST_COMPLETED)
                run.check()
                postponed = max(postponed, _save(run, done))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return postponed


def _save(run: BatchRun, done: set[Future[HitResult]]) -> float:
    """Write the results; the longest pause in seconds that a host asked for."""
    results = [future.result() for future in done]
    postponed = [result for result in results if isinstance(result, PostponedHit)]
    settled: list[KnownHit | MissedHit] = []
    if FETCH_STAGE.payload_of(run.claim).postponed >= _MOST_POSTPONED:
        settled = [_given_up(result) for result in postponed]
        postponed = []
    others = [result for result in results if not isinstance(result, PostponedHit)]
    if others or settled:
        with run.db.write() as session:
            save_hits(session, run.claim, [*others, *settled])
    return max((result.seconds for result in postponed), default=0.0)


def _postpone(run: BatchRun, seconds: float) -> None:
    """Give the batch back for some time, and log that."""
    pause = min(seconds, _LONGEST_PAUSE)
    with run.db.write() as session:
        postpone_batch(session, run.claim, seconds=pause)
        add_event(
            session,
            run.claim.job_id,
            EventLevel.INFO,
            "crawl_waits",
            f"A host asked for a pause; the crawl continues there in {pause:.0f} s.",
        )


def _given_up(hit: PostponedHit) -> MissedHit:
    return MissedHit(
        position=hit.position,
        outcome=HitOutcome.BROKEN,
        code="http_429",
        message="The host asked for a pause again and again.",
        http_status=429,
    )


def _options(job: Job) -> CrawlOptions:
    return CrawlOptions.from_json(job.options)


def _query(run: BatchRun, search: CrawlSearch, options: CrawlOptions) -> Query:
    setting = SOURCES[search.source].key_setting
    return Query(
        text=search.query,
        filters=options.filters,
        limit=search.asked,
        key=getattr(run.settings, setting) if setting else "",
    )
