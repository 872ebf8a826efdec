"""`python -m workers.training.process`: do training batches until none waits, then end."""

import logging
import os
import signal
import threading
from dataclasses import replace
from types import FrameType

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.lease import LeaseState
from core.logs import set_up_logs
from core.settings import Settings
from workers.engine import BatchRun, Handler, run_batches
from workers.lease_keeper import Interrupted
from workers.processes import die_with_parent

#: Photos and pages come first: a training takes what they leave of the processors.
_NICENESS = 10


def main() -> None:
    """Claim and do; SIGTERM gives the batch back between two steps."""
    die_with_parent()
    os.nice(_NICENESS)
    settings = Settings.from_env()
    set_up_logs(settings)
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    _do_batches(settings, stop)


def _do_batches(settings: Settings, stop: threading.Event) -> None:
    """Do what waits."""
    from workers.training.handlers import TRAINING_HANDLERS

    db = Database(settings.sql_url)
    handlers = {kind: stoppable(handler, stop) for kind, handler in TRAINING_HANDLERS.items()}
    run_batches(
        db,
        settings,
        handlers,
        is_over=stop.is_set,
        on_stuck=lambda: os.kill(os.getpid(), signal.SIGKILL),
    )
    db.dispose()


def stoppable(handler: Handler, stop: threading.Event) -> Handler:
    """The handler, whose batch is given back as at a pause once `stop` is set."""

    def do(run: BatchRun) -> None:
        def check() -> None:
            if stop.is_set():
                raise Interrupted(LeaseState.PAUSED)
            run.check()

        handler(replace(run, check=check))

    return do


if __name__ == "__main__":
    main()
