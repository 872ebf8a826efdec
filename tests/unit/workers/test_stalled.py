"""A worker that claims nothing is ended, but not while it still loads, nor because the clock was set."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

import workers.tasks
from core.database import Database, read_clock
from core.jobs.progress import Health
from core.settings import Settings
from core.system.store import Process, write_beat
from models import Batch, ServicePart
from tests.rows import add_predict_job
from workers.stack import Stack


class _Ended(BaseException):
    pass


class _Time:
    """A clock that sleeping moves on."""

    def __init__(self, at: Callable[[float], None] = lambda _now: None) -> None:
        self.now, self._at = 0.0, at

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._at(self.now)


@pytest.fixture
def watch(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[_Time, list[bool]], float]:
    """Runs the watch of a worker; gives the seconds after which it ends the worker."""

    def end(_status: int) -> None:
        raise _Ended

    def run(clock: _Time, looks: list[bool]) -> float:
        def read(_session: Session, _settings: Settings) -> Health:
            ok = looks.pop(0) if looks else False
            return Health(ok=ok, sentence="", oldest_waiting_seconds=None)

        monkeypatch.setattr(workers.tasks, "time", clock)
        monkeypatch.setattr(workers.tasks, "read_health", read)
        monkeypatch.setattr(workers.tasks, "_settings", lambda: settings.with_changes(stuck_seconds=300))
        monkeypatch.setattr(workers.tasks, "os", SimpleNamespace(_exit=end))
        with pytest.raises(_Ended):
            workers.tasks._end_when_stalled()
        return clock.now

    return run


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    workers.tasks._loaded[0] = 0
    yield
    workers.tasks._loaded[0] = 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_is_not_ended_while_it_still_loads(watch: Callable[[_Time, list[bool]], float]) -> None:
    def load(now: float) -> None:
        if now >= 120:
            workers.tasks._loaded[0] = 1

    assert 140 < watch(_Time(load), []) < 170


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_never_loads_is_ended(watch: Callable[[_Time, list[bool]], float]) -> None:
    assert 320 < watch(_Time(), []) < 350


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_bad_look_ends_no_worker(watch: Callable[[_Time, list[bool]], float]) -> None:
    """All leases look expired for a moment when the clock is set forward."""
    workers.tasks._loaded[0] = 1
    soon = watch(_Time(), [False, False])
    assert watch(_Time(), [False, True, False, True, False, False]) == soon + 40


@pytest.fixture
def stack(db: Database, settings: Settings) -> Iterator[Stack]:
    """A launcher with a worker that claims nothing, while work has waited for an hour."""
    add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        session.execute(update(Batch).values(not_before=read_clock(session) - timedelta(hours=1)))
    broker = settings.with_changes(broker_url="redis://127.0.0.1:1/0", stall_seconds=20, stuck_seconds=300)
    stack = Stack(broker, {})
    worker = stack._parts[0]
    with subprocess.Popen(["sleep", "600"], process_group=0) as process:
        worker.process, worker.started_at = process, time.monotonic() - 100
        yield stack
        process.kill()


def look(stack: Stack, db: Database, *, later: float = 0) -> bool:
    """Whether the worker still runs after the launcher's look."""
    stack._health_at = float("-inf")
    worker = stack._parts[0]
    worker.started_at -= later
    if stack._beats_since is not None:
        stack._beats_since -= later
    stack._restart_stuck_worker(db)
    assert worker.process is not None
    return worker.process.poll() is None


def test_the_launcher_waits_for_a_worker_that_still_loads(db: Database, stack: Stack) -> None:
    assert look(stack, db)
    assert not look(stack, db, later=300)


def test_the_launcher_replaces_a_worker_that_could_work_and_does_not(db: Database, stack: Stack) -> None:
    worker = stack._parts[0].process
    assert worker is not None
    with db.write() as session:
        write_beat(session, Process(part=ServicePart.WORKER, host=socket.gethostname(), pid=worker.pid))
    assert look(stack, db), "it has only just begun"
    assert not look(stack, db, later=30)


def test_a_sign_of_life_of_another_process_is_not_the_workers(db: Database, stack: Stack) -> None:
    with db.write() as session:
        write_beat(session, Process(part=ServicePart.WORKER, host=socket.gethostname(), pid=1))
    assert look(stack, db)
    assert look(stack, db, later=30)
