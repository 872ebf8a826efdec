"""The work of a job in this process, where no service runs on the data folder."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from core.database import Database
from core.errors import PermanentError
from core.jobs.finish import fail_job
from core.jobs.kinds import Runner, get_kind
from core.jobs.tick import check_disk, return_expired
from core.settings import Settings
from core.system.queries import list_beats
from models import ServicePart
from workers.drain import Drain
from workers.processes import holder_note
from workers.training.trainer import run_process

_POLL_SECONDS = 0.5


class Work(Protocol):
    """What is done beside the waiting."""

    def look(self, job: dict[str, Any]) -> None:
        """Called with each reading of the job; raises PermanentError where the work cannot be done."""


class _Elsewhere:
    """The service does the work."""

    def look(self, job: dict[str, Any]) -> None:
        """Nothing is left to do here."""


@contextmanager
def work_on(settings: Settings | None, job: dict[str, Any]) -> Iterator[Work]:
    """Do a job's work until the end of the block, if nobody else does it."""
    if settings is None or is_served(settings):
        yield _Elsewhere()
        return
    db = Database(settings.sql_url)
    try:
        if any(stage.runner is Runner.TRAINER for stage in get_kind(job["kind"]).stages):
            with _Training(db, settings, job["id"]) as training:
                yield training
        else:
            with Drain(settings, job["id"]) as drain:
                yield _Draining(db, settings, drain)
    finally:
        db.dispose()


def is_served(settings: Settings) -> bool:
    """Whether a service runs on the data folder, or a worker somewhere on its database."""
    if holder_note(settings.data) is not None:
        return True
    db = Database(settings.sql_url)
    try:
        with db.read() as rows:
            return any(beat.part is ServicePart.WORKER and beat.is_alive for beat in list_beats(rows))
    finally:
        db.dispose()


class _Draining:
    """Batches of photos: a thread here, and processes where there are many photos."""

    def __init__(self, db: Database, settings: Settings, drain: Drain) -> None:
        self._db, self._settings, self._drain = db, settings, drain
        self._ticked = time.monotonic()

    def look(self, job: dict[str, Any]) -> None:
        """Add processes, and do what the tick does elsewhere."""
        if job["photos"]["found"] > self._settings.batch_photos or self._drain.stuck.is_set():
            self._drain.add_processes()
        if time.monotonic() - self._ticked > self._settings.tick_seconds:
            self._ticked = time.monotonic()
            self._tick(job["id"])

    def _tick(self, job_id: int) -> None:
        full = check_disk(self._settings)
        with self._db.write() as session:
            return_expired(session, max_attempts=self._settings.max_attempts)
            if full is not None:
                fail_job(session, job_id, full)


class _Training:
    """Training processes, one after the other, until the job has ended."""

    def __init__(self, db: Database, settings: Settings, job_id: int) -> None:
        self._db, self._settings, self._job_id = db, settings, job_id
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    def __enter__(self) -> "_Training":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def look(self, job: dict[str, Any]) -> None:
        """Fail the job if its process cannot be run."""
        if self._error is None or job["state"] in ("done", "failed", "cancelled"):
            return
        message = f"The training process could not be run: {self._error}"
        with self._db.write() as session:
            fail_job(session, self._job_id, PermanentError("training_process_failed", message))

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                run_process(self._settings, self._stop)
                with self._db.write() as session:
                    return_expired(session, max_attempts=self._settings.max_attempts)
                self._stop.wait(_POLL_SECONDS)
        except Exception as error:
            self._error = error
