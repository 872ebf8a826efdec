"""A single worker gives stages that compute as much time as those that wait for other machines."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from core.crawl.job_kind import SEARCH_STAGE
from core.crawl.options import CrawlOptions
from core.database import Database
from core.jobs.finish import finish_batch
from core.jobs.lease import postpone_batch
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from models import Batch, BatchState
from tests.crawl_jobs import add_crawl
from tests.rows import add_predict_job
from workers.engine import BatchRun, run_batches
from workers.turns import Turns


class _Clock:
    """The clock of `workers.turns`, which stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("workers.turns.time", SimpleNamespace(monotonic=lambda: self.now))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    return _Clock(monkeypatch)


def _claim(kind: str) -> Any:
    return SimpleNamespace(kind=kind)


def test_the_other_stages_come_first_for_as_long_as_a_crawl_took(clock: _Clock) -> None:
    turns = Turns()
    assert turns.most_waiting(1) is None
    with turns.measure(_claim("fetch")):
        clock.now += 25
    assert turns.most_waiting(1) == 0
    with turns.measure(_claim("predict")):
        clock.now += 24
    assert turns.most_waiting(1) == 0
    clock.now += 1
    assert turns.most_waiting(1) is None
    assert Turns().most_waiting(4) == 3


def test_one_worker_between_crawls_and_a_prediction(db: Database, settings: Settings, clock: _Clock) -> None:
    """Three crawls of which each turn takes 25 s, and a prediction of six batches of 4 s each."""
    for number in range(3):
        add_crawl(db, settings, CrawlOptions(pages=(f"https://site.example/{number}",), limit=10))
    order: list[str] = []

    def search(run: BatchRun) -> None:
        order.append("search")
        clock.now += 25
        if order.count("search") == 1:
            add_predict_job(db, photos=6, batch_photos=1)
        if order.count("search") < 6:
            with run.db.write() as session:
                postpone_batch(session, run.claim, seconds=0, counted=False)
            return
        with run.db.write() as session:
            session.execute(update(Batch).values(state=BatchState.CANCELLED))

    def predict(run: BatchRun) -> None:
        order.append("predict")
        clock.now += 4
        with run.db.write() as session:
            finish_batch(session, run.claim)

    handlers = {SEARCH_STAGE.name: search, PREDICT_STAGE.name: predict}
    run_batches(db, settings.with_changes(workers=1), handlers)
    assert order == ["search", *["predict"] * 6, *["search"] * 5]
    with db.read() as session:
        states = session.scalars(select(Batch.state).where(Batch.kind == PREDICT_STAGE.name)).all()
    assert set(states) <= {BatchState.DONE, BatchState.CANCELLED}
