"""Run one job without a broker, for commands that wait for their job.

Only the handlers of folder jobs are imported, since the import of all handlers delays the start of a command.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType

import structlog
from sqlalchemy.exc import SQLAlchemyError

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.kinds import Runner, get_kind
from core.jobs.queries import get_job
from core.logs import set_up_logs
from core.settings import Settings
from core.terminal import quiet_libraries, stderr_of_children
from models import JobState
from workers import importing, predict, reports  # noqa: F401 (each registers its handlers)
from workers.engine import Handler, handlers_of, run_batches
from workers.processes import die_with_parent, end_loading
from workers.start import start_command

log = structlog.get_logger()

_PAUSE_SECONDS = 0.1
_ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


def drain_job(
    settings: Settings, job_id: int, stop: threading.Event, on_stuck: Callable[[], None] = lambda: None
) -> None:
    """Run the job's batches until it has ended or `stop` is set."""
    db = Database(settings.sql_url)
    with db.read() as session:
        handlers = _handlers_for(get_job(session, job_id).kind)
    while not stop.is_set():
        try:
            if run_batches(db, settings, handlers, is_over=stop.is_set, on_stuck=on_stuck, job_id=job_id):
                continue
            with db.read() as session:
                if get_job(session, job_id).state in _ENDED:
                    break
        except SQLAlchemyError as error:
            log.error("drain_failed", error=str(error).splitlines()[0])
        stop.wait(_PAUSE_SECONDS)
    db.dispose()


def _handlers_for(kind: str) -> dict[str, Handler]:
    """Handlers of the kind's stages; all handlers are imported only if one is missing."""
    found = handlers_of(Runner.WORKER)
    if any(stage.name not in found for stage in get_kind(kind).stages):
        from workers.handlers import HANDLERS

        return HANDLERS
    return found


class Drain:
    """Context manager: runs a job in a thread and, for more than one batch, in further processes."""

    def __init__(self, settings: Settings, job_id: int) -> None:
        self._settings, self._job_id = settings, job_id
        self._stop = threading.Event()
        #: Set when the thread is stuck on a photo; another process then takes its place.
        self.stuck = threading.Event()
        self._thread = threading.Thread(
            target=drain_job, args=(settings, job_id, self._stop, self.stuck.set), daemon=True
        )
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Drain":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for process in self._processes:
            process.terminate()
        self._thread.join(timeout=10)
        for process in self._processes:
            process.wait(timeout=10)

    def add_processes(self) -> None:
        """Start the further processes, and restart those that have died."""
        alive = [process for process in self._processes if process.poll() is None]
        missing = self._settings.workers - (0 if self.stuck.is_set() else 1) - len(alive)
        self._processes = alive + [self._start() for _ in range(missing)]

    def _start(self) -> subprocess.Popen[bytes]:
        command = start_command("workers.drain", str(self._job_id))
        # In its own process group: Ctrl-C reaches only the command, which then stops these processes.
        return subprocess.Popen(
            command,
            env=self._settings.to_child_env(),
            stderr=stderr_of_children(),
            process_group=0,
            preexec_fn=die_with_parent,
        )


def main() -> None:
    """Entry point of `python -m workers.drain JOB`."""
    die_with_parent()
    end_loading()
    settings = Settings.from_env()
    quiet_libraries()
    set_up_logs(settings, level=logging.ERROR)
    drain_job(settings, int(sys.argv[1]), threading.Event(), lambda: os.kill(os.getpid(), signal.SIGKILL))


if __name__ == "__main__":
    main()
