"""Crawls from the request to the photos: counters, sources, refusals, pauses of hosts, repetition."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.crawl.job_kind import FETCH_STAGE, SEARCH_STAGE
from core.crawl.options import CrawlFilters, CrawlOptions, LicenceFilter, Phrase
from core.crawl.queries import read_searches
from core.crawl.search.store import continue_searches
from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.actions import retry_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import finish_batch
from core.library.files.store import PhotoStore
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    CrawlHit,
    CrawlSearch,
    CrawlSlot,
    HitOutcome,
    Job,
    JobEvent,
    JobPhoto,
    JobState,
    Label,
    Photo,
    RemovedPhoto,
    Source,
    Takedown,
    TakedownBy,
)
from tests.crawl_jobs import add_crawl, codes_of, do_crawl, job_of, searches_of
from tests.locks import wait_for_lock
from tests.web_server import LocalWeb
from workers.engine import BatchRun, run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalWeb]:
    """A local web that receives all connections of the workers."""
    web = LocalWeb.start()
    monkeypatch.setattr("workers.crawl_network.shared_pools", lambda allowed: web.pools())
    monkeypatch.setattr("core.crawl.fetcher._BACKOFF_SECONDS", (0.01, 0.02, 0.03))
    yield web
    web.stop()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(
        crawl_host_rate=1000.0, crawl_host_connections=8, crawl_max_bytes=1 << 20, flickr_key="k"
    )


def _addresses(*paths: str) -> CrawlOptions:
    return CrawlOptions(addresses=tuple(f"https://pictures.example/{path}" for path in paths))


def test_phrases_are_searched_fetched_and_counted(db: Database, settings: Settings, web: LocalWeb) -> None:
    options = CrawlOptions(
        phrases=(Phrase(text="face mask", label=Label.WITH_MASK), Phrase(text="crowd")),
        sources=("bing", "openverse"),
        limit=25,
        filters=CrawlFilters(licence=LicenceFilter.CREATIVE_COMMONS),
        obey_robots=True,
    )
    job_id = do_crawl(db, settings, options)
    job = job_of(db, job_id)
    assert (job.state, job.batches_open, job.listed) == (JobState.DONE, 0, True)
    first, openverse, *others = searches_of(db, job_id)
    assert (first.query, first.source, first.label) == ("face mask", "bing", Label.WITH_MASK)
    assert (first.asked, first.found, first.fetched, first.end_code) == (25, 25, 25, "enough")
    # Two thirds of Bing's pictures have other endings; the rest is what Bing found as .jpg before.
    assert openverse.repeated > 0
    assert sum(search.fetched for search in (first, openverse, *others)) == job.photos_done
    assert (
        job.photos_found
        == job.photos_done + job.photos_failed
        == sum(search.found for search in searches_of(db, job_id))
    )
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(Photo)).one() == job.photos_done
        met_again = session.scalars(
            select(func.count()).select_from(CrawlHit).where(CrawlHit.outcome == HitOutcome.REPEATED)
        ).one()
        assert met_again == sum(search.repeated for search in searches_of(db, job_id))
        source = session.scalars(select(Source).where(Source.found_by == "bing").order_by(Source.id)).first()
        assert source is not None
        assert (source.phrase, source.host, source.page_host) == (
            "face mask",
            "pictures.example",
            "news.example",
        )
        assert (source.licence, source.licence_filter, source.http_status) == (None, "creativecommons", 200)
        told = session.scalars(select(Source).where(Source.found_by == "openverse")).first()
        assert told is not None
        assert (told.creator, told.licence is None) == ("Grace Lens", False)
        photo = session.scalars(select(Photo)).first()
        assert photo is not None
        assert PhotoStore(settings.data / "photos").path_of(photo.sha256).stat().st_size == photo.bytes


def test_every_failure_has_its_counter_and_code(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("ok/1.jpg", "redirect/2.jpg", "same/1.jpg", "same/2.jpg", "small/1.jpg", "html/1.jpg",
             "gone/1.jpg", "cut/1.jpg", "short/1.jpg", "endless/1.jpg", "private/1.jpg", "noai/1.jpg",
             "inside/1", "loop/1", "broken/1", "busy/9.jpg")  # fmt: skip
    job_id = do_crawl(db, settings, _addresses(*paths))
    (search,) = searches_of(db, job_id)
    job = job_of(db, job_id)
    assert job.state is JobState.DONE
    assert (search.found, search.fetched, search.duplicates) == (16, 4, 1)
    assert (search.too_small, search.refused, search.broken) == (1, 3, 7)
    codes = {
        name.removeprefix("https://pictures.example/"): code for name, code in codes_of(db, job_id).items()
    }
    assert {path: code for path, code in codes.items() if code} == {
        "small/1.jpg": "picture_too_small",
        "html/1.jpg": "not_an_image",
        "gone/1.jpg": "http_404",
        "cut/1.jpg": "photo_truncated",
        "short/1.jpg": "answer_cut_short",
        "endless/1.jpg": "photo_too_large_bytes",
        "private/1.jpg": "robots_refused",
        "noai/1.jpg": "ai_use_refused",
        "inside/1": "address_refused",
        "loop/1": "too_many_redirects",
        "broken/1": "http_500",
    }
    with db.read() as session:
        query = select(CrawlHit.http_status, func.count()).group_by(CrawlHit.http_status)
        statuses = dict(session.execute(query).all())
        assert statuses[200] == 9 - 1 and statuses[404] == statuses[500] == 1


def test_a_shortage_is_reported_with_its_reason(db: Database, settings: Settings, web: LocalWeb) -> None:
    options = CrawlOptions(
        phrases=(Phrase(text="forbidden"),),
        sources=("openverse", "baidu"),
        pages=("https://closed.example/site/page0.html", "https://broken.example/site/page0.html"),
        limit=400,
    )
    settings = settings.with_changes(max_attempts=1)
    job_id = add_crawl(db, settings, options)
    run_batches(db, settings, {SEARCH_STAGE.name: HANDLERS[SEARCH_STAGE.name]}, job_id=job_id)
    openverse, baidu, closed, broken = searches_of(db, job_id)
    assert (openverse.found, openverse.end_code) == (240, "exhausted")
    assert (baidu.found, baidu.end_code) == (0, "source_refused")
    assert (closed.found, closed.end_code) == (0, "robots_refused")
    assert (broken.found, broken.end_code) == (0, "robots_unreachable")
    assert (job_of(db, job_id).stage, job_of(db, job_id).listed) == (FETCH_STAGE.name, True)


def test_pictures_that_fail_are_replaced(db: Database, settings: Settings, web: LocalWeb) -> None:
    web.gone_every = 3
    options = CrawlOptions(phrases=(Phrase(text="mask"),), sources=("openverse", "bing"), limit=40)
    job_id = do_crawl(db, settings, options)
    for search in searches_of(db, job_id):
        assert (search.fetched, search.broken, search.end_code) == (40, search.found - 40, "enough")
        assert search.found <= 62
    job = job_of(db, job_id)
    assert (job.state, job.batches_open, job.photos_done) == (JobState.DONE, 0, 80)
    assert job.photos_found == job.photos_done + job.photos_failed
    pictures = [address for address in web.begun if address.startswith("pictures.example/ok/")]
    assert len(pictures) == job.photos_found and all(web.begun[address] == 1 for address in pictures)
    result_pages = sum(count for address, count in web.begun.items() if address.startswith("api.openverse"))
    assert result_pages <= 12, "it goes on where it stopped"
    with db.read() as session:
        lines = session.scalars(select(JobEvent.event).where(JobEvent.job_id == job_id)).all()
    assert (lines.count("search_goes_on"), lines.count("job_listed")) == (2, 1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_last_batches_that_finish_at_once_one_continues_the_search(
    db: Database, settings: Settings, web: LocalWeb
) -> None:
    """PostgreSQL only: SQLite has one writer at a time."""
    options = CrawlOptions(phrases=(Phrase(text="mask"),), sources=("openverse",), limit=20)
    settings = settings.with_changes(batch_photos=10)
    job_id = add_crawl(db, settings, options)
    run_batches(db, settings, {SEARCH_STAGE.name: HANDLERS[SEARCH_STAGE.name]}, job_id=job_id)
    with db.write() as session:
        session.execute(update(CrawlSearch).values(fetched=19, broken=1))
        claims = [
            claim_batch(session, worker="w", lease_seconds=60, kinds=[FETCH_STAGE.name]) for _ in range(2)
        ]
    with ThreadPoolExecutor(1) as pool:
        with db.write() as session:
            _end_fetching(session, claims[0])
            other = pool.submit(_end_fetching_alone, db, claims[1])
            wait_for_lock(db)
        other.result(timeout=30)
    (search,) = searches_of(db, job_id)
    job = job_of(db, job_id)
    assert (search.end_code, job.state, job.batches_open) == (None, JobState.RUNNING, 1)


def _end_fetching(session: Session, claim: Claim | None) -> None:
    assert claim is not None
    continue_searches(session, claim)
    finish_batch(session, claim)


def _end_fetching_alone(db: Database, claim: Claim | None) -> None:
    with db.write() as session:
        _end_fetching(session, claim)


def test_a_search_that_finds_nothing_new_stops_at_five_times_as_many(
    db: Database, settings: Settings, web: LocalWeb
) -> None:
    web.gone_every = 1
    options = CrawlOptions(phrases=(Phrase(text="mask"),), sources=("openverse",), limit=20)
    job_id = do_crawl(db, settings, options)
    with db.read() as session:
        (view,) = read_searches(session, session.get_one(Job, job_id))
    search = view.search
    assert (search.found, search.broken, search.fetched, view.left) == (100, 100, 0, 0)
    assert view.shortage.startswith("0 of 20 new photos: it stopped after 5 pictures for each")
    web.gone_every = 0
    more = options.with_changes(limit=60)
    fetched = do_crawl(db, settings, more)
    again = do_crawl(db, settings, more)
    (first,), (second,) = searches_of(db, fetched), searches_of(db, again)
    assert (first.fetched, second.fetched, second.duplicates) == (60, 60, 60)
    assert job_of(db, again).state is JobState.DONE


def test_known_pictures_are_not_fetched_again(db: Database, settings: Settings, web: LocalWeb) -> None:
    options = _addresses(*(f"ok/{number}.jpg" for number in range(5)))
    do_crawl(db, settings, options)
    again = do_crawl(db, settings, options)
    (search,) = searches_of(db, again)
    assert (search.fetched, search.duplicates) == (0, 5)
    assert all(web.begun[f"pictures.example/ok/{number}.jpg"] == 1 for number in range(5))
    assert job_of(db, again).photos_done == 5


def test_removed_photos_are_not_fetched_again(db: Database, settings: Settings, web: LocalWeb) -> None:
    do_crawl(db, settings, _addresses("ok/1.jpg"))
    with db.write() as session:
        photo = session.scalars(select(Photo)).one()
        takedown = Takedown(by=TakedownBy.PHOTO, target="1", created_at=read_clock(session))
        session.add(takedown)
        session.flush()
        session.add(RemovedPhoto(sha256=photo.sha256, takedown_id=takedown.id))
        session.execute(update(Source).values(location_sha256=b"x" * 32))
    job_id = do_crawl(db, settings, _addresses("ok/1.jpg", "ok/2.jpg"))
    (search,) = searches_of(db, job_id)
    assert (search.fetched, search.refused) == (1, 1)
    assert "photo_removed" in codes_of(db, job_id).values()


def test_a_host_that_asks_for_a_long_pause_gets_it(db: Database, settings: Settings, web: LocalWeb) -> None:
    web.retry_after = "900"
    job_id = do_crawl(db, settings, _addresses("busy/1.jpg", "ok/1.jpg"))
    assert job_of(db, job_id).state is JobState.RUNNING
    with db.write() as session:
        batch = session.scalars(select(Batch).where(Batch.state == BatchState.WAITING)).one()
        assert batch.not_before > read_clock(session) + timedelta(seconds=800)
        assert (batch.attempts, batch.payload["postponed"]) == (0, 1)
        batch.not_before = read_clock(session)
        session.execute(update(CrawlSlot).values(blocked_until=None))
    run_batches(db, settings, HANDLERS, job_id=job_id)
    assert job_of(db, job_id).state is JobState.DONE
    assert job_of(db, job_id).photos_done == 2
    assert web.begun["pictures.example/ok/1.jpg"] == 1


def test_a_host_never_sees_more_requests_at_once_than_its_slots(
    db: Database, settings: Settings, web: LocalWeb
) -> None:
    web.delay = 0.02
    settings = settings.with_changes(crawl_host_connections=2)
    do_crawl(db, settings, _addresses(*(f"ok/{number}.jpg" for number in range(12))))
    assert web.busiest["pictures.example"] <= 2


def test_failed_hits_can_be_retried(db: Database, settings: Settings, web: LocalWeb) -> None:
    job_id = do_crawl(db, settings, _addresses("ok/1.jpg", "gone/2.jpg"))
    with db.write() as session:
        retry_job(session, job_id)
    run_batches(db, settings, HANDLERS, job_id=job_id)
    (search,) = searches_of(db, job_id)
    assert (search.fetched, search.broken) == (1, 1)
    assert (job_of(db, job_id).state, job_of(db, job_id).photos_failed) == (JobState.DONE, 1)
    assert web.begun["pictures.example/gone/2.jpg"] == 2


def test_hits_of_a_batch_that_is_given_up_do_not_wait_for_ever(
    db: Database, settings: Settings, web: LocalWeb
) -> None:
    def fail(run: BatchRun) -> None:
        raise MemoryError

    job_id = add_crawl(db, settings, _addresses("ok/1.jpg", "ok/2.jpg"))
    once = settings.with_changes(max_attempts=1)
    run_batches(db, once, {**HANDLERS, FETCH_STAGE.name: fail}, job_id=job_id)
    (search,) = searches_of(db, job_id)
    assert (job_of(db, job_id).photos_failed, search.broken) == (2, 2)
    with db.write() as session:
        assert set(session.scalars(select(CrawlHit.outcome))) == {HitOutcome.BROKEN}
        retry_job(session, job_id)
    run_batches(db, settings, HANDLERS, job_id=job_id)
    (search,) = searches_of(db, job_id)
    assert (search.fetched, search.duplicates, search.broken) == (2, 0, 0)


def test_invalid_requests(db: Database, settings: Settings) -> None:
    phrase = (Phrase(text="mask"),)
    for options, code in (
        (CrawlOptions(phrases=phrase, sources=("altavista",)), "source_unknown"),
        (CrawlOptions(phrases=phrase, sources=("flickr",)), "source_key_missing"),
    ):
        with pytest.raises(InputError) as refused:
            add_crawl(db, settings.with_changes(flickr_key=""), options)
        assert refused.value.code == code


def test_every_phrase_that_finds_a_picture_is_kept(db: Database, settings: Settings, web: LocalWeb) -> None:
    phrases = (Phrase(text="face mask"), Phrase(text="crowd"))
    job_id = do_crawl(db, settings, CrawlOptions(phrases=phrases, sources=("openverse",), limit=8))
    first, second = searches_of(db, job_id)
    assert second.repeated >= first.found == 8
    again = CrawlOptions(phrases=(Phrase(text="street"),), sources=("openverse",), limit=8)
    do_crawl(db, settings, again)
    with db.read() as session:
        first_photo = session.scalars(
            select(JobPhoto.photo_id).where(JobPhoto.job_id == job_id, JobPhoto.position == 0)
        ).one()
        sources = session.scalars(select(Source).where(Source.photo_id == first_photo)).all()
    assert {source.phrase for source in sources} == {"face mask", "crowd", "street"}
    assert len(sources) == 3 and len({source.location_sha256 for source in sources}) == 1
    assert all(source.page_url and source.licence for source in sources)
    assert {source.http_status for source in sources} == {200, None}, "the third crawl did not fetch it again"
