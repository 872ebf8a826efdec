"""The batches of a crawl: search a source for hits, fetch hits."""

import time
from collections.abc import Collection, Sequence

from core.crawl.fetch.hit_fetcher import (
    FetchedHit,
    HitFetcher,
    HitResult,
    HitToFetch,
    KnownHit,
    MissedHit,
    PostponedHit,
)
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
from core.item_errors import UNEXPECTED, ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.lease import LONGEST_PAUSE_SECONDS, postpone_batch
from core.jobs.store import add_event
from core.library.files.store import photo_store
from core.number_text import plural
from models import CrawlSearch, EventLevel, HitOutcome, Job
from workers.crawl_network import AGENT, open_fetcher
from workers.engine import BatchRun, handles
from workers.fetch_turn import TURN_SECONDS, FetchTurn

#: A search ends after so many result pages without a new hit: some sources repeat their results for ever.
_MOST_STALE_PAGES = 5
#: How often a batch is postponed because of a busy host.
_MOST_POSTPONED = 5
#: After a shorter pause a batch is due at once.
_SHORT_PAUSE = 1.0


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
    over_at = time.monotonic() + TURN_SECONDS
    while not _search_and_end(run, reader, options, over_at):
        run.check()


def _search_and_end(run: BatchRun, reader: SourceReader, options: CrawlOptions, over_at: float) -> bool:
    """False if hits failed in the meantime, so that the search must continue."""
    with run.db.read() as session:
        search = read_search(session, run.claim)
    try:
        ended = _search(run, reader, search, _query(run, search, options), over_at)
        if ended is None:
            _end_turn(run, 0.0)
            return True
        code, message = ended
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
    results = _Results(run)
    all_begun = _fetch_all(run, results, options, [hit for hit in hits if hit.position not in positions])
    results.end()
    if not all_begun or results.left:
        _end_turn(run, min(results.left, default=0.0) if all_begun else 0.0)
    elif results.paused:
        _postpone(run, max(results.paused))
    else:
        with run.db.write() as session:
            continue_searches(session, run.claim)
            finish_batch(session, run.claim)


def _search(
    run: BatchRun, reader: SourceReader, search: CrawlSearch, query: Query, over_at: float
) -> tuple[str, str] | None:
    """The code and the sentence of why the search ended; None if only its turn ended, after a page."""
    source, stale, told = SOURCES[search.source], 0, False
    while search.found < goal(search):
        if search.pages and search.cursor is None:
            return "exhausted", f"{source.title} has no more results."
        if time.monotonic() > over_at:
            return None
        run.check()
        page = reader.read_page(source, query, search.cursor)
        with run.db.write() as session:
            if page.unreadable and not told:
                told = True
                line = f"{source.title}: {plural(page.unreadable, 'result')} of a page could not be read."
                add_event(session, run.claim.job_id, EventLevel.WARNING, "results_unreadable", line)
            before = search.found
            search = add_hits(session, run.claim, page, batch_photos=run.settings.batch_photos)
        stale = 0 if search.found > before or page.may_be_empty else stale + 1
        if not page.hits and not page.may_be_empty:
            return "exhausted", f"{source.title} has no more results."
        if stale == _MOST_STALE_PAGES:
            return "exhausted", f"{source.title} gave nothing new on {stale} pages in a row."
    return ENOUGH, "All requested pictures were found."


def _fetch_all(run: BatchRun, results: "_Results", options: CrawlOptions, hits: Sequence[HitToFetch]) -> bool:
    """Fetch in threads until the turn is over; False if some hits were not begun."""
    turn = FetchTurn(run)

    def was_removed(sha256: str) -> bool:
        with run.db.read() as session:
            return is_removed(session, sha256)

    fetcher = HitFetcher(
        fetcher=open_fetcher(
            run.settings,
            run.db,
            obey_robots=options.obey_robots,
            check=turn.check,
            may_wait=lambda: not turn.is_over(),
        ),
        store=photo_store(run.settings),
        limits=PhotoLimits(max_pixels=run.settings.crawl_max_pixels, max_bytes=run.settings.crawl_max_bytes),
        smallest_side=options.smallest_side,
        is_removed=was_removed,
        errors=results.errors,
    )
    return turn.fetch(hits, fetcher.fetch, results.save)


class _Results:
    """What a turn has brought: results that are written as they arrive, and hits that wait."""

    def __init__(self, run: BatchRun) -> None:
        self._run, self.errors = run, ItemErrors()
        #: Seconds, of hits whose host asks for a pause, and of hits that found no slot in this turn.
        self.paused: list[float] = []
        self.left: list[float] = []
        self._settled = 0
        #: Hits with an error that nobody foresaw; all of them are given back if no other hit has a result.
        self._unexpected: list[MissedHit] = []

    def save(self, results: Collection[HitResult]) -> None:
        """Write the results; after too many pauses of their host hits are given up."""
        gives_up = FETCH_STAGE.payload_of(self._run.claim).postponed >= _MOST_POSTPONED
        settled: list[FetchedHit | KnownHit | MissedHit] = []
        for result in results:
            if isinstance(result, PostponedHit):
                if result.asked_by_host and gives_up:
                    settled.append(_given_up(result))
                else:
                    (self.paused if result.asked_by_host else self.left).append(result.seconds)
            elif isinstance(result, MissedHit) and result.code == UNEXPECTED:
                self._unexpected.append(result)
            else:
                settled.append(result)
        self._write(settled)

    def end(self) -> None:
        """Write the unexpected errors. Raises the first one if no hit of the turn has another result."""
        self.errors.check(self._settled + len(self._unexpected))
        self._write(self._unexpected)

    def _write(self, settled: Sequence[FetchedHit | KnownHit | MissedHit]) -> None:
        if settled:
            self._settled += len(settled)
            with self._run.db.write() as session:
                save_hits(session, self._run.claim, settled)


def _end_turn(run: BatchRun, seconds: float) -> None:
    """Give the batch back, so that other jobs get turns; it continues after `seconds`, at once if few."""
    pause = min(seconds, LONGEST_PAUSE_SECONDS) if seconds > _SHORT_PAUSE else 0.0
    with run.db.write() as session:
        postpone_batch(session, run.claim, seconds=pause, counted=False)


def _postpone(run: BatchRun, seconds: float) -> None:
    """Give the batch back for some time, and log that."""
    pause = min(seconds, LONGEST_PAUSE_SECONDS)
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
