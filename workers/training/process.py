"""`python -m workers.training.process`: run training batches until none waits, then exit."""

import logging
import os
import signal
import sys
import threading
from dataclasses import replace

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.kinds import Runner
from core.jobs.lease import LeaseState
from core.logs import set_up_logs
from core.settings import Settings
from core.terminal import quiet_libraries
from workers.computing import Computing, ComputingThread
from workers.engine import BatchRun, Handler, handlers_of, run_batches
from workers.lease_keeper import Interrupted
from workers.processes import die_with_parent, end_loading, stop_on_signals
from workers.training.trainer import QUIET

#: Added to the niceness of workers: photos and pages come first. The system holds the sum to 19.
_NICER = 4


def main() -> None:
    """Claim and run batches; on SIGTERM the batch is returned between two steps."""
    die_with_parent()
    settings = Settings.from_env()
    waited_for = QUIET in sys.argv[1:]
    if waited_for:
        quiet_libraries()
        set_up_logs(settings, level=logging.ERROR)
    else:
        set_up_logs(settings)
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # A training that a command waits for runs at the niceness of its terminal.
    computing = Computing() if waited_for else ComputingThread(settings.worker_nice + _NICER)
    _run_batches(settings, stop_on_signals(), computing)


def _run_batches(settings: Settings, stop: threading.Event, computing: Computing) -> None:
    db = Database(settings.sql_url)
    loaded = computing.run(training_handlers)
    handlers = {kind: stoppable(handler, stop) for kind, handler in loaded.items()}
    end_loading()
    run_batches(
        db,
        settings,
        handlers,
        is_over=stop.is_set,
        on_stuck=lambda: os.kill(os.getpid(), signal.SIGKILL),
        computing=computing,
    )
    db.dispose()


def training_handlers() -> dict[str, Handler]:
    """Handlers of the trainer's stages by name; the import loads TensorFlow."""
    from workers.training import (  # noqa: F401 (each registers its handler)
        detector_compare,
        detector_fit,
        detector_photos,
        evaluating,
        fitting,
        importing_model,
        preparing,
        writing_formats,
    )

    return handlers_of(Runner.TRAINER)


def stoppable(handler: Handler, stop: threading.Event) -> Handler:
    """Wrap a handler: once `stop` is set, its batch is returned as if the job were paused.

    All of it is computed, and TensorFlow's threads take the niceness of the one that loads it.
    """

    def handle(run: BatchRun) -> None:
        def check() -> None:
            if stop.is_set():
                raise Interrupted(LeaseState.PAUSED)
            run.check()

        run.compute(lambda: handler(replace(run, check=check)))

    return handle


if __name__ == "__main__":
    main()
