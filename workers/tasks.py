"""The Celery task that starts the worker loop."""

import mmap
import os
import resource
import signal
import threading
import time
from functools import cache
from importlib import import_module

import structlog
from celery import shared_task
from celery.signals import setup_logging, worker_init, worker_process_init, worker_process_shutdown
from sqlalchemy.exc import SQLAlchemyError

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.kinds import Runner, stage_names
from core.jobs.progress import read_health
from core.jobs.tick import count_claimable
from core.logs import set_up_logs
from core.settings import Settings
from models import ServicePart
from workers.broker import WAKE_TASK, app_from_env, wake
from workers.computing import ComputingThread
from workers.heart import Heart
from workers.processes import die_with_parent, end_after, end_loading, limit_memory
from workers.turns import Turns

#: The loop returns after this time, so that a worker can be stopped while the queue is full.
_LOOP_SECONDS = 5.0

#: Pause between two looks of a process at the database; the tick sends wake-ups more often.
_LOOK_SECONDS = 5.0

#: Pause between two looks of the parent process at the health of the queue.
_WATCH_SECONDS = 10.0

#: Time that the processes get to claim work once one of them can.
_START_SECONDS = 20.0

#: Heaps of a process: few of its threads take memory at the same time.
_HEAPS = 2

#: Shared with the processes that are forked: 1 once one of them has loaded the handlers.
_loaded = mmap.mmap(-1, 1)

log = structlog.get_logger()

app = app_from_env()


@setup_logging.connect
def _set_up_logs(**_: object) -> None:
    set_up_logs(Settings.from_env())
    end_loading()


@worker_process_init.connect
def _prepare_child(**_: object) -> None:
    die_with_parent()
    limit_memory(_settings().worker_memory_mb)


@cache
def _settings() -> Settings:
    return Settings.from_env()


@cache
def _database() -> Database:
    """One database engine per process, created after the fork."""
    return Database(_settings().sql_url)


@cache
def _computing() -> ComputingThread:
    """Pages, programs and cameras, for which somebody waits, come before what is computed here."""
    return ComputingThread(_settings().worker_nice)


@cache
def _heart() -> Heart:
    """Beats between batches, and while the handler of one works."""
    return Heart(_database(), ServicePart.WORKER, _settings())


#: Held by the thread of this process that runs batches: of the task, or of the process's own look.
_turn = threading.Lock()
_turns_of_stages = Turns()
_stopping = threading.Event()


@worker_process_init.connect
def _look_on_its_own(**_: object) -> None:
    threading.Thread(target=_look_until_stopped, name="look", daemon=True).start()


@worker_process_shutdown.connect
def _stop_looking(**_: object) -> None:
    """Wait for the batch in work, if any; the pool's own patience ends this process where that takes long."""
    _stopping.set()
    with _turn:
        pass


def _look_until_stopped() -> None:
    """Look for waiting work every few seconds: a wake-up only makes a worker look sooner.

    So a broker that lost its connection, or a process that hears nothing of it, stops no job. The first sign
    of life comes when the process can work.
    """
    _load_handlers()
    while not _stopping.wait(_LOOK_SECONDS):
        _heart().beat()
        try:
            with _database().read() as session:
                waits = count_claimable(session, limit=1, kinds=stage_names(Runner.WORKER))
        except SQLAlchemyError as error:
            log.error("look_failed", error=str(error).splitlines()[0])
            continue
        if waits:
            do_batches()
            _end_if_grown()
    _heart().stop()


def _show_life() -> None:
    """Called every second while a handler works: beat, and put off the end by the operating system.

    A decoder that hangs and lets no other thread run cannot be ended from inside the process.
    """
    _heart().beat()
    end_after(_settings().stuck_seconds + _settings().lease_seconds)


def _load_handlers() -> None:
    """Import the handlers, which takes long on a busy machine, and give the first sign of life."""
    _computing().run(lambda: import_module("workers.handlers"))
    _loaded[0] = 1
    _heart().beat()


def _end_if_grown() -> None:
    """End a process that large photos have grown, as Celery does between two tasks."""
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > app.conf.worker_max_memory_per_child
    if grown and _turn.acquire(blocking=False):
        os._exit(0)


@worker_init.connect
def _watch_the_queue(**_: object) -> None:
    """In the process that starts the others, which must also replace those that died."""
    threading.Thread(target=_end_when_stalled, name="watch", daemon=True).start()


def _end_when_stalled() -> None:
    """End the worker if work waits and no process of it claims any: whoever started it starts another.

    Found twice in a row, since all leases look expired for a moment when the clock is set forward.
    """
    settings, was_stalled = _settings(), False
    _wait_until_loaded(settings.stuck_seconds)
    time.sleep(_START_SECONDS)
    while True:
        time.sleep(min(_WATCH_SECONDS, settings.stall_seconds))
        # Never kept: a process that is forked later must not share its connections.
        db = Database(settings.sql_url)
        try:
            with db.read() as session:
                health = read_health(session, settings)
        except SQLAlchemyError as error:
            log.error("health_unknown", error=str(error).splitlines()[0])
            continue
        finally:
            db.dispose()
        if not health.ok and was_stalled:
            log.error("worker_stalled", sentence=health.sentence)
            os._exit(1)
        was_stalled = not health.ok


def _wait_until_loaded(most_seconds: float) -> None:
    """A worker that ends itself while it still loads would begin again and again, and never work."""
    until = time.monotonic() + most_seconds
    while not _loaded[0] and time.monotonic() < until:
        time.sleep(1)


@shared_task(name=WAKE_TASK)
def do_batches() -> None:
    """Run batches until none waits or a few seconds have passed, then send another wake-up."""
    if not _turn.acquire(blocking=False):
        return
    try:
        _do_batches()
    finally:
        _turn.release()


def _do_batches() -> None:
    """The handlers are imported here, so that only the child processes load them."""
    _load_handlers()
    from workers.engine import run_batches
    from workers.handlers import HANDLERS

    deadline = time.monotonic() + _LOOP_SECONDS
    try:
        run_batches(
            _database(),
            _settings(),
            HANDLERS,
            is_over=lambda: time.monotonic() > deadline or _stopping.is_set(),
            on_stuck=lambda: os.kill(os.getpid(), signal.SIGKILL),
            on_renew=_show_life,
            turns=_turns_of_stages,
            computing=_computing(),
        )
    finally:
        end_after(0)
    if time.monotonic() > deadline:
        wake(_settings(), count=1)
