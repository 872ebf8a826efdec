"""The watcher process: one thread for each watched folder, so that a share that hangs holds up no other."""

import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.logs import set_up_logs
from core.schedules.watching.queries import list_active
from core.schedules.watching.store import write_problem
from core.settings import Settings
from models import ServicePart, WatchState
from workers.heart import Heart
from workers.processes import die_with_parent, end_loading, stop_on_signals
from workers.watching.folder import FolderThread

log = structlog.get_logger()

#: Pause between two looks at the list of schedules.
_LIST_SECONDS = 1.0
#: A folder that gives no answer for so long is slow, and said to be.
SLOW_SECONDS = 30.0
#: Time for all threads to end what they do.
_END_SECONDS = 4.0


class Watcher:
    """The threads of all watched folders by schedule."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db, self._settings = db, settings
        self._threads: dict[int, FolderThread] = {}
        self._slow: set[int] = set()

    def turn(self) -> None:
        """Start and stop threads as schedules come and go, and say which folder does not answer."""
        with self._db.read() as session:
            active = set(list_active(session))
        for schedule_id, thread in list(self._threads.items()):
            if schedule_id not in active:
                thread.stop()
            # One that hangs stays until it answers: a second thread would hang as well.
            if not thread.is_alive:
                del self._threads[schedule_id]
        for schedule_id in sorted(active - self._threads.keys()):
            self._threads[schedule_id] = FolderThread(self._db, self._settings, schedule_id)
        self._note_slow()

    def wake(self, schedule_id: int) -> None:
        """Have one folder looked at now."""
        if schedule_id in self._threads:
            self._threads[schedule_id].wake()

    def stop(self) -> None:
        """End all threads, but for those that hang: they are daemons and end with the process."""
        for thread in self._threads.values():
            thread.stop()
        until = time.monotonic() + _END_SECONDS
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _note_slow(self) -> None:
        now = time.monotonic()
        slow = {
            schedule_id
            for schedule_id, thread in self._threads.items()
            if (since := thread.busy_since) is not None and now - since > SLOW_SECONDS
        }
        for schedule_id in slow - self._slow:
            log.warning("folder_slow", schedule=schedule_id)
            message = f"The folder has not answered for {SLOW_SECONDS:.0f} seconds. Is its share reachable?"
            with self._db.write() as session:
                write_problem(session, schedule_id, "folder_slow", message, WatchState.SLOW)
        self._slow = slow


def run_watcher(settings: Settings, stop: threading.Event) -> None:
    """Watch until `stop`; goes on when the database cannot be reached."""
    db = Database(settings.sql_url)
    heart, watcher = Heart(db, ServicePart.WATCHER, settings), Watcher(db, settings)
    while not stop.wait(_LIST_SECONDS):
        try:
            watcher.turn()
            heart.beat()
        except SQLAlchemyError as error:
            log.error("watcher_failed", error=str(error).splitlines()[0])
        # The process must outlive whatever a row holds; the next turn tries again.
        except Exception:
            log.exception("watcher_failed")
    watcher.stop()
    heart.stop()
    db.dispose()


def main() -> None:
    """Entry point of `python -m workers.watching.process`."""
    settings = Settings.from_env()
    set_up_logs(settings)
    run_watcher(settings, stop_on_signals())


if __name__ == "__main__":
    # Only as a child of the launcher; `maskloop watcher` may outlive its shell.
    die_with_parent()
    end_loading()
    main()
