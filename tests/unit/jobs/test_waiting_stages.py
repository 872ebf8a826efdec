"""Stages that wait for other machines never take the last worker of a host."""

import threading

import pytest
from sqlalchemy import update

from core.crawl.job_kind import SEARCH_STAGE
from core.crawl.options import CrawlOptions
from core.database import Database
from core.jobs.claim import Claim, claim_batch
from core.jobs.kinds import Runner, stage_names, waiting_stage_names
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from models import Batch
from tests.crawl_jobs import add_crawl
from tests.rows import add_predict_job
from workers.engine import BatchRun, run_batches, worker_name


def _claim(db: Database, worker: str, *, most_waiting: int | None = 2) -> Claim | None:
    with db.write() as session:
        return claim_batch(
            session,
            worker=worker,
            lease_seconds=60,
            kinds=stage_names(Runner.WORKER),
            most_waiting=most_waiting,
        )


def _kinds(claims: list[Claim | None]) -> list[str | None]:
    return [claim.kind if claim else None for claim in claims]


def _add_searches(db: Database, settings: Settings, count: int) -> int:
    pages = tuple(f"https://site.example/{number}" for number in range(count))
    return add_crawl(db, settings, CrawlOptions(pages=pages, limit=10))


def test_crawls_are_what_waits() -> None:
    assert waiting_stage_names() == {"search", "fetch"}


def test_the_last_worker_of_a_host_is_kept_for_other_stages(db: Database, settings: Settings) -> None:
    _add_searches(db, settings, 6)
    assert _kinds([_claim(db, f"here:{pid}") for pid in range(3)]) == ["search", "search", None]
    assert _claim(db, "there:1") is not None, "another host has workers of its own"
    add_predict_job(db, photos=1, batch_photos=1)
    assert _kinds([_claim(db, "here:3")]) == ["predict"]
    with db.write() as session:
        session.execute(update(Batch).where(Batch.worker == "here:0").values(lease_until=Batch.not_before))
    assert _kinds([_claim(db, "here:4")]) == ["search"], "a worker that died holds nothing"
    assert _claim(db, "here:5", most_waiting=None) is not None


def test_two_claims_at_once_do_not_take_it_either(db: Database, settings: Settings) -> None:
    _add_searches(db, settings, 12)
    start, claims = threading.Barrier(6), list[Claim | None]()

    def work(pid: int) -> None:
        start.wait(20)
        claims.append(_claim(db, f"here:{pid}"))

    threads = [threading.Thread(target=work, args=(pid,)) for pid in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(_kinds(claims), key=str) == [None] * 4 + ["search"] * 2


def test_workers_that_serve_one_job_take_it_whole(db: Database, settings: Settings) -> None:
    """Of two workers the other one holds a crawl: this one leaves crawls alone, unless it serves one job."""
    job_id = _add_searches(db, settings, 3)
    ran: list[str] = []

    def note(run: BatchRun) -> None:
        ran.append(run.claim.kind)
        raise KeyboardInterrupt

    assert _claim(db, f"{_host()}:1") is not None
    handlers = {SEARCH_STAGE.name: note, PREDICT_STAGE.name: note}
    assert run_batches(db, settings.with_changes(workers=2), handlers) == 0
    for alone, kwargs in ((settings.with_changes(workers=1), {}), (settings, {"job_id": job_id})):
        with pytest.raises(KeyboardInterrupt):
            run_batches(db, alone, handlers, **kwargs)
    assert ran == ["search", "search"]


def _host() -> str:
    return worker_name().rpartition(":")[0]
