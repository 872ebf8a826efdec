"""What is computed has a niceness of its own; transactions and renewals of leases have the process's."""

import threading
import time

import pytest
from sqlalchemy import select

import workers.tasks
from core.database import Database
from core.jobs.actions import pause_job
from core.jobs.finish import finish_batch
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from models import Batch, BatchState
from tests.cases import ON_SQLITE
from tests.niceness import ON_LINUX, niceness
from tests.rows import add_predict_job
from workers.computing import Computing, ComputingThread
from workers.engine import BatchRun, run_batches


@ON_LINUX
@ON_SQLITE
def test_a_batch_computes_nicely_and_writes_as_the_others(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    seen: dict[str, int] = {}
    renewed = threading.Event()

    def work(run: BatchRun) -> None:
        def compute() -> str:
            seen["computed"] = niceness()
            seen["again"] = run.compute(niceness)
            seen["written meanwhile"] = run.write(lambda _session: niceness())
            assert renewed.wait(30)
            return "result"

        assert run.compute(compute) == "result"
        seen["written"] = run.write(lambda _session: niceness())
        run.write(lambda session: finish_batch(session, run.claim))

    def on_renew() -> None:
        seen["renewed"] = niceness()
        renewed.set()

    run_batches(db, settings, {PREDICT_STAGE.name: work}, on_renew=on_renew, computing=ComputingThread(3))
    own = niceness()
    assert seen == {
        "computed": min(own + 3, 19),
        "again": min(own + 3, 19),
        "written meanwhile": own,
        "written": own,
        "renewed": own,
    }


@ON_LINUX
@ON_SQLITE
def test_a_worker_process_leaves_the_cores_to_pages(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.tasks, "die_with_parent", lambda: None)
    monkeypatch.setattr(workers.tasks, "limit_memory", lambda _megabytes: None)
    own = niceness()
    for changed, nicer in ((Settings(data=settings.data), 15), (settings.with_changes(worker_nice=3), 3)):
        monkeypatch.setattr(workers.tasks, "_settings", lambda changed=changed: changed)
        workers.tasks._prepare_child()
        workers.tasks._computing.cache_clear()
        assert workers.tasks._computing().run(niceness) == min(own + nicer, 19)
    workers.tasks._computing.cache_clear()
    assert niceness() == own


@pytest.mark.parametrize("computing", [Computing(), ComputingThread(0)])
def test_an_error_reaches_who_asked_and_the_next_work_is_done(computing: Computing) -> None:
    def broken() -> None:
        raise KeyError("missing")

    def asks() -> str:
        with pytest.raises(KeyError):
            computing.beside(broken)
        return "went on"

    with pytest.raises(KeyError):
        computing.run(broken)
    assert computing.run(asks) == "went on"
    assert computing.run(lambda: computing.run(lambda: 3)) == 3


@ON_SQLITE
def test_a_pause_stops_what_is_computed(db: Database, settings: Settings) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    begun, ended = threading.Event(), threading.Event()

    def work(run: BatchRun) -> None:
        def compute() -> None:
            begun.set()
            try:
                until = time.monotonic() + 30
                while time.monotonic() < until:
                    run.check()
                    time.sleep(0.01)
            finally:
                ended.set()

        run.compute(compute)
        pytest.fail("a pause must stop the work")

    loop = threading.Thread(
        target=run_batches,
        args=(db, settings, {PREDICT_STAGE.name: work}),
        kwargs={"computing": ComputingThread(0), "is_over": begun.is_set},
    )
    loop.start()
    assert begun.wait(30)
    with db.write() as session:
        pause_job(session, job_id)
    assert ended.wait(30)
    loop.join(30)
    with db.read() as session:
        batch = session.scalars(select(Batch).where(Batch.job_id == job_id)).one()
    assert (batch.state, batch.attempts) == (BatchState.WAITING, 0)
