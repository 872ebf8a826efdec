"""The Celery task that starts the worker loop."""

import os
import signal
import time
from functools import cache

from celery import shared_task
from celery.signals import setup_logging, worker_process_init

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.logs import set_up_logs
from core.settings import Settings
from workers.broker import WAKE_TASK, app_from_env, wake
from workers.processes import die_with_parent

#: The loop returns after this time, so that a worker can be stopped while the queue is full.
_LOOP_SECONDS = 5.0

#: Niceness of the worker processes: pages and cameras, for which somebody waits, come first.
_NICENESS = 5

app = app_from_env()


@setup_logging.connect
def _set_up_logs(**_: object) -> None:
    set_up_logs(Settings.from_env())


@worker_process_init.connect
def _prepare_child(**_: object) -> None:
    die_with_parent()
    os.nice(_NICENESS)


@cache
def _settings() -> Settings:
    return Settings.from_env()


@cache
def _database() -> Database:
    """One database engine per process, created after the fork."""
    return Database(_settings().sql_url)


@shared_task(name=WAKE_TASK)
def do_batches() -> None:
    """Run batches until none waits or a few seconds have passed, then send another wake-up.

    The handlers are imported here, so that only the child processes load them.
    """
    from workers.engine import run_batches
    from workers.handlers import HANDLERS

    deadline = time.monotonic() + _LOOP_SECONDS
    run_batches(
        _database(),
        _settings(),
        HANDLERS,
        is_over=lambda: time.monotonic() > deadline,
        on_stuck=lambda: os.kill(os.getpid(), signal.SIGKILL),
    )
    if time.monotonic() > deadline:
        wake(_settings(), count=1)
