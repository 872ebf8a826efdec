"""Do one job's batches without a broker: for the command line, which waits for its job."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from core.database import Database
from core.jobs.reading import get_job
from core.logs import set_up_logs
from core.settings import Settings
from models import JobState
from workers.engine import run_batches
from workers.handlers import HANDLERS
from workers.orphan import die_with_parent

_PAUSE_SECONDS = 0.1
_ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


def drain_job(
    settings: Settings, job_id: int, stop: threading.Event, on_stuck: Callable[[], None] = lambda: None
) -> None:
    """Claim batches of the job until it has ended or `stop` is set."""
    db = Database(settings.sql_url)
    while not stop.is_set():
        if run_batches(db, settings, HANDLERS, is_over=stop.is_set, on_stuck=on_stuck, job_id=job_id) == 0:
            with db.read() as session:
                if get_job(session, job_id).state in _ENDED:
                    break
            stop.wait(_PAUSE_SECONDS)
    db.dispose()


class Drain:
    """A thread here and, for jobs of more than one batch, further processes; a context manager."""

    def __init__(self, settings: Settings, job_id: int) -> None:
        self._settings, self._job_id = settings, job_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=drain_job, args=(settings, job_id, self._stop), daemon=True)
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

    def widen(self) -> None:
        """Start the further processes, once."""
        if self._processes:
            return
        command = [sys.executable, "-m", "workers.drain", str(self._job_id)]
        self._processes = [
            subprocess.Popen(command, env=self._settings.to_child_env(), preexec_fn=die_with_parent)
            for _ in range(self._settings.workers - 1)
        ]


def main() -> None:
    """Entry of `python -m workers.drain JOB`."""
    die_with_parent()
    settings = Settings.from_env()
    set_up_logs(settings, level=logging.ERROR)
    drain_job(settings, int(sys.argv[1]), threading.Event(), lambda: os.kill(os.getpid(), signal.SIGKILL))


if __name__ == "__main__":
    main()
