"""A slow server costs a crawl its own time: other jobs get turns, stuck threads end with their process."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from benchmarks.dripping_server import DrippingServer
from core.crawl.fetch.hit_fetcher import HitFetcher, HitResult, HitToFetch
from core.crawl.job_kind import FETCH_STAGE, SEARCH_STAGE
from core.crawl.options import CrawlOptions
from core.database import Database
from core.jobs.actions import cancel_job, pause_job, resume_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.lease import LeaseState
from core.jobs.tick import return_expired
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from models import Batch, BatchState, HitOutcome, Job, JobState
from tests.acceptance.service import wait_until
from tests.crawl_jobs import add_crawl, codes_of, job_of, searches_of
from tests.rows import add_predict_job
from tests.web_server import LocalWeb
from workers.engine import BatchRun, run_batches, run_claim
from workers.handlers import HANDLERS
from workers.lease_keeper import Interrupted, LeaseKeeper


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalWeb]:
    web = LocalWeb.start()
    monkeypatch.setattr("workers.crawl_network.shared_pools", lambda allowed: web.pools())
    yield web
    web.stop()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(
        crawl_host_rate=1000.0, crawl_host_connections=16, crawl_allowed_hosts="127.0.0.1"
    )


@pytest.fixture(autouse=True)
def no_thread_outlives_its_database(db: Database) -> Iterator[None]:
    """A thread that was given up ends with the test, before its database is closed."""
    yield
    wait_until(lambda: not _fetching_threads(), seconds=30, what="the threads to end")


def _fetching_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]


def _add_addresses(db: Database, settings: Settings, *addresses: str) -> int:
    """A crawl of these pictures, whose search has ended."""
    job_id = add_crawl(db, settings, CrawlOptions(addresses=addresses))
    run_batches(db, settings, {SEARCH_STAGE.name: HANDLERS[SEARCH_STAGE.name]}, job_id=job_id)
    return job_id


def _pictures(count: int) -> list[str]:
    return [f"https://pictures.example/ok/{number}.jpg" for number in range(count)]


def _claim(db: Database, settings: Settings) -> Claim:
    with db.write() as session:
        kinds = [FETCH_STAGE.name]
        claim = claim_batch(session, worker="w", lease_seconds=settings.lease_seconds, kinds=kinds)
    assert claim is not None
    return claim


def _fetch_batch(db: Database, job_id: int) -> Batch:
    with db.read() as session:
        query = select(Batch).where(Batch.job_id == job_id, Batch.kind == FETCH_STAGE.name)
        return session.scalars(query).one()


def test_a_prediction_gets_its_turn_between_hits_of_a_slow_server(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker, sixteen hits that drip for ever: the prediction runs after the first eight."""
    monkeypatch.setattr("workers.fetch_turn.TURN_SECONDS", 0.1)
    monkeypatch.setattr("workers.crawl_network.TOTAL_SECONDS", 1.0)
    order: list[str] = []

    def predict(run: BatchRun) -> None:
        order.append("predict")
        raise KeyboardInterrupt

    def fetch(run: BatchRun) -> None:
        order.append("fetch")
        HANDLERS[FETCH_STAGE.name](run)

    with DrippingServer() as server:
        job_id = _add_addresses(db, settings, *(f"{server.address}/body/{n}" for n in range(16)))
        add_predict_job(db, photos=1, batch_photos=1)
        with db.write() as session:
            session.get_one(Job, job_id).last_claim_at = None
        with pytest.raises(KeyboardInterrupt):
            run_batches(db, settings, {FETCH_STAGE.name: fetch, PREDICT_STAGE.name: predict})
        run_batches(db, settings, HANDLERS, job_id=job_id)
    assert order == ["fetch", "predict"]
    assert set(codes_of(db, job_id).values()) == {"answer_too_slow"}
    (search,) = searches_of(db, job_id)
    assert (job_of(db, job_id).state, search.broken) == (JobState.DONE, 16)


def test_the_end_of_a_turn_counts_neither_as_attempt_nor_as_pause(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.fetch_turn.TURN_SECONDS", 0.0)
    job_id = _add_addresses(db, settings, *_pictures(20))
    run_claim(db, settings, HANDLERS[FETCH_STAGE.name], _claim(db, settings))
    batch = _fetch_batch(db, job_id)
    assert (batch.state, batch.attempts, batch.payload.get("postponed", 0)) == (BatchState.WAITING, 0, 0)
    assert 0 < job_of(db, job_id).photos_done < 20
    run_batches(db, settings, HANDLERS, job_id=job_id)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done) == (JobState.DONE, 20)
    assert all(web.begun[f"pictures.example/ok/{number}.jpg"] == 1 for number in range(20))


def test_a_cancel_ends_hits_of_a_slow_server_at_once(db: Database, settings: Settings) -> None:
    with DrippingServer() as server:
        job_id = _add_addresses(db, settings, *(f"{server.address}/headers/{n}" for n in range(3)))
        claim = _claim(db, settings)
        handler = HANDLERS[FETCH_STAGE.name]
        worker = threading.Thread(target=run_claim, args=(db, settings, handler, claim))
        worker.start()
        wait_until(lambda: sum(server.requests.values()) >= 4, seconds=20, what="the requests")
        with db.write() as session:
            cancel_job(session, job_id)
        worker.join(10)
        assert not worker.is_alive()
        wait_until(lambda: not server.open, seconds=5, what="the connections to be closed")


def test_what_was_fetched_when_the_job_is_paused_is_kept(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.fetch_turn.THREADS", 1)
    job_id = _add_addresses(db, settings, *_pictures(3))

    def pause(_keeper: LeaseKeeper) -> None:
        """Called when the first hit is there; what it raises, a renewal raises that finds a pause."""
        with db.write() as session:
            pause_job(session, job_id)
        raise Interrupted(LeaseState.PAUSED)

    monkeypatch.setattr(LeaseKeeper, "watch", pause)
    monkeypatch.setattr(LeaseKeeper, "check", lambda _keeper: None)
    monkeypatch.setattr("workers.fetch_turn._POLL_SECONDS", 30)
    run_claim(db, settings, HANDLERS[FETCH_STAGE.name], _claim(db, settings))
    assert job_of(db, job_id).photos_done == 1
    with db.write() as session:
        resume_job(session, job_id)
    monkeypatch.undo()
    monkeypatch.setattr("workers.crawl_network.shared_pools", lambda allowed: web.pools())
    run_batches(db, settings, HANDLERS, job_id=job_id)
    assert (job_of(db, job_id).state, job_of(db, job_id).photos_done) == (JobState.DONE, 3)
    assert web.begun["pictures.example/ok/0.jpg"] == 1


class _StuckFetcher:
    """Replaces `HitFetcher.fetch` by one that hangs where no check is called, until the test ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        fetch = HitFetcher.fetch

        def hang(fetcher: HitFetcher, hit: HitToFetch) -> HitResult:
            if hit.position == 0 and not self.ended.is_set():
                self.begun.set()
                self.ended.wait(60)
            return fetch(fetcher, hit)

        monkeypatch.setattr(HitFetcher, "fetch", hang)


def test_a_thread_that_does_not_end_after_a_cancel_ends_its_process(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.fetch_turn._JOIN_SECONDS", 0.2)
    stuck, ended = _StuckFetcher(monkeypatch), threading.Event()
    job_id = _add_addresses(db, settings, *_pictures(3))
    arguments = (db, settings, HANDLERS[FETCH_STAGE.name], _claim(db, settings), ended.set)
    worker = threading.Thread(target=run_claim, args=arguments)
    worker.start()
    assert stuck.begun.wait(20)
    with db.write() as session:
        cancel_job(session, job_id)
    assert ended.wait(10), "the process would have ended itself"
    stuck.ended.set()
    worker.join(20)
    assert not worker.is_alive()


def test_a_stuck_thread_loses_the_lease_although_another_waits_for_it(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is claimed again elsewhere, and each hit is counted once."""
    monkeypatch.setattr("workers.fetch_turn._JOIN_SECONDS", 0.2)
    settings = settings.with_changes(stuck_seconds=1.0, lease_seconds=1.0)
    stuck, ended = _StuckFetcher(monkeypatch), threading.Event()
    job_id = _add_addresses(db, settings, *_pictures(3))
    arguments = (db, settings, HANDLERS[FETCH_STAGE.name], _claim(db, settings), ended.set)
    worker = threading.Thread(target=run_claim, args=arguments)
    worker.start()
    assert ended.wait(20), "nobody noticed"
    wait_until(lambda: _return_expired(db), seconds=20, what="the lease to end")
    stuck.ended.set()
    run_batches(db, settings, HANDLERS, job_id=job_id)
    worker.join(20)
    job, (search,) = job_of(db, job_id), searches_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 3, 0)
    assert sum(getattr(search, outcome.value) for outcome in (HitOutcome.FETCHED, HitOutcome.DUPLICATE)) == 3


def _return_expired(db: Database) -> bool:
    with db.write() as session:
        return return_expired(session, max_attempts=3) > 0


def test_an_unexpected_error_costs_its_own_hit_alone(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = HitFetcher._store

    def fail(fetcher: HitFetcher, position: int, reply: object) -> object:
        if position == 1:
            raise ZeroDivisionError("a bug")
        return fetch(fetcher, position, reply)  # type: ignore[arg-type]

    monkeypatch.setattr(HitFetcher, "_store", fail)
    job_id = _add_addresses(db, settings, *_pictures(4))
    run_batches(db, settings, HANDLERS, job_id=job_id)
    assert (job_of(db, job_id).state, job_of(db, job_id).photos_done) == (JobState.DONE, 3)
    assert codes_of(db, job_id)["https://pictures.example/ok/1.jpg"] == "unexpected_error"


def test_a_bug_that_strikes_every_hit_fails_the_batch(
    db: Database, settings: Settings, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(fetcher: HitFetcher, position: int, reply: object) -> object:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(HitFetcher, "_store", fail)
    job_id = _add_addresses(db, settings, *_pictures(4))
    run_claim(db, settings, HANDLERS[FETCH_STAGE.name], _claim(db, settings))
    batch = _fetch_batch(db, job_id)
    assert (batch.state, batch.attempts, batch.error_code) == (BatchState.WAITING, 1, "unexpected_error")
    assert job_of(db, job_id).photos_failed == 0
