"""Look at one watched folder again and again, and give to jobs what has stopped growing."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import InputError, MaskloopError, StopWork, TransientError
from core.jobs.tick import check_disk
from core.library.files.folder import check_root
from core.library.files.names import display_name
from core.library.files.scan import scan_again
from core.number_text import plural
from core.schedules.watching.file_system import file_system_of, is_network
from core.schedules.watching.look import Look, find_new
from core.schedules.watching.queries import WatchedFolder, find_active, read_taken
from core.schedules.watching.settling import Settling, fingerprint_of
from core.schedules.watching.store import (
    Sight,
    end_look_by_hand,
    keep_existing,
    take_files,
    write_problem,
    write_sight,
)
from core.settings import Settings
from models import WatchMethod
from workers.broker import wake
from workers.watching.notices import Notices

log = structlog.get_logger()

#: Pauses between looks in seconds: while new photos settle, without notifications, with them.
_SETTLING, _POLLING, _NOTIFIED = 1.0, 5.0, 30.0
#: A look comes after so many times the time that the last one took, so that a large folder stays cheap.
_REST = 3.0
#: The same where nothing is new and nothing calls.
_IDLE_REST = 10.0
#: A look that takes longer is given up, however much it still finds.
_LOOK_SECONDS = 1800.0
#: After what cannot be read.
_AWAY_PAUSE = 5.0
#: The state is written this often even if nothing changed.
_WRITE_SECONDS = 10.0


class FolderThread:
    """One watched folder and the thread that looks at it.

    A share that hangs keeps its thread and nothing else: no session is open while the folder is read.
    """

    def __init__(self, db: Database, settings: Settings, schedule_id: int) -> None:
        self.schedule_id = schedule_id
        self._db, self._settings = db, settings
        self._stop, self._woken = threading.Event(), threading.Event()
        self._settling = Settling()
        #: Taken and still in the folder, as the database said, which never takes that back.
        self._known: set[bytes] = set()
        self._notices: Notices | None = None
        self._place: tuple[Path, int, int, bool] | None = None
        #: The disk of the folder when it last held photos.
        self._device: int | None = None
        #: What the last look counted, and how long it took; the next one may come at that time.
        self._looked, self._look_seconds = Look(), 0.0
        self._look_at = 0.0
        self._written: tuple[object, ...] = ()
        self._written_at = float("-inf")
        #: When it last came forward in a look, by a clock that cannot be set; None between looks.
        self.busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch-{schedule_id}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; it ends when the schedule is paused or deleted."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def stop(self) -> None:
        """End after the step in work; `join` waits for it."""
        self._stop.set()
        self._woken.set()

    def join(self, seconds: float) -> None:
        """Wait for the end, or give up on a share that hangs."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._turn_or_problem()
            if pause is None:
                break
            ended = time.monotonic()
            if self._woken.wait(pause):
                # While something settles, the next turn is soon enough.
                until = ended + pause if len(self._settling) else self._look_at
                self._stop.wait(max(0.0, until - time.monotonic()))
            self._woken.clear()
        self._stop_notices()

    def _turn_or_problem(self) -> float | None:
        """One look; the seconds until the next one, None at the end."""
        try:
            return self._turn()
        except StopWork:
            return None
        except MaskloopError as error:
            self._stop_notices()
            self._say(error.code, error.message)
        except SQLAlchemyError as error:
            log.error("watch_failed", schedule=self.schedule_id, error=str(error).splitlines()[0])
        # The thread must outlive whatever a file system answers; the next look tries again.
        except Exception as error:
            log.exception("watch_failed", schedule=self.schedule_id)
            self._say("unexpected_error", f"{type(error).__name__}; see the log.")
        finally:
            self.busy_since = None
        return _AWAY_PAUSE

    def _turn(self) -> float | None:
        with self._db.read() as session:
            watched = find_active(session, self.schedule_id)
        if watched is None:
            return None
        began = self.busy_since = time.monotonic()
        root, look = check_root(Path(watched.folder), self._settings.roots), Look()
        try:
            is_new_place = self._follow(root, watched)
            if not is_new_place and self._only_rechecks(watched, began):
                return self._recheck(root, watched)
            fresh = self._look(root, watched, look, deadline=began + _LOOK_SECONDS)
        except OSError as error:
            raise InputError(
                "folder_unreadable", f"The folder cannot be read: {error.strerror or error}."
            ) from error
        seconds = time.monotonic() - began
        self.busy_since = None
        self._looked, self._look_seconds = look, seconds
        self._look_at = time.monotonic() + _REST * seconds
        if not watched.is_started and not watched.options.reads_existing:
            self._keep(fresh)
        else:
            self._take(root, watched)
        self._write(watched)
        # Notifications begin a moment after they are asked for: what arrived in between is found by a look.
        pause = _SETTLING if is_new_place else self._pause(watched)
        return pause if len(self._settling) else max(pause, _IDLE_REST * seconds)

    def _only_rechecks(self, watched: WatchedFolder, now: float) -> bool:
        """Whether it is too early for another look, and what is new is looked at meanwhile."""
        return now < self._look_at and bool(len(self._settling)) and watched.waiting_run is None

    def _recheck(self, root: Path, watched: WatchedFolder) -> float:
        """See whether new files still grow, without a look at all others; the seconds to the next turn."""
        settling = self._settling
        paths = settling.paths
        settling.begin_look()
        for file in scan_again(root, paths, allowed_roots=self._settings.roots, check=self._come_forward):
            settling.see([(fingerprint_of(file), file)], time.monotonic())
        settling.end_look()
        self.busy_since = None
        self._take(root, watched)
        self._write(watched)
        return self._pause(watched) if len(settling) else max(0.0, self._look_at - time.monotonic())

    def _come_forward(self) -> float:
        """Say that the file system answers; the time. Raises StopWork."""
        now = self.busy_since = time.monotonic()
        if self._stop.is_set():
            raise StopWork
        return now

    def _look(self, root: Path, watched: WatchedFolder, look: Look, *, deadline: float) -> list[bytes]:
        """Note what is new, and return its fingerprints; OSError, or TransientError folder_slow."""
        fresh: list[bytes] = []
        self._settling.begin_look()

        known: set[bytes] = set()

        def taken(fingerprints: Sequence[bytes]) -> set[bytes]:
            found = self._known.intersection(fingerprints)
            others = [key for key in fingerprints if key not in found]
            if others:
                with self._db.read() as session:
                    found |= read_taken(session, self.schedule_id, others)
            known.update(found)
            return found

        def check() -> None:
            if self._come_forward() > deadline:
                minutes = plural(round(_LOOK_SECONDS / 60), "minute")
                raise TransientError("folder_slow", f"A look at the folder took more than {minutes}.")

        for new in find_new(
            root,
            look,
            allowed_roots=self._settings.roots,
            recursive=watched.recursive,
            read_taken=taken,
            check=check,
        ):
            fresh += [fingerprint for fingerprint, _ in new]
            self._settling.see(new, time.monotonic())
        self._settling.end_look()
        self._known = known
        return fresh

    def _keep(self, fingerprints: list[bytes]) -> None:
        with self._db.write() as session:
            keep_existing(session, self.schedule_id, fingerprints)
        self._settling = Settling()

    def _take(self, root: Path, watched: WatchedFolder) -> None:
        """Give what is due to jobs, each in its own transaction."""
        by_hand = watched.waiting_run is not None
        due = self._settling.due(watched.options, time.monotonic(), at_once=by_hand)
        if due and (full := check_disk(self._settings)) is not None:
            raise full
        for start in range(0, len(due), watched.options.most_photos):
            part = due[start : start + watched.options.most_photos]
            with self._db.write() as session:
                run = take_files(session, self.schedule_id, str(root), part, self._settings)
            self._settling.drop(part)
            if run is not None:
                log.info("photos_taken", schedule=self.schedule_id, job=run.job_id, photos=len(part))
                wake(self._settings)
        if by_hand and not due and not len(self._settling):
            with self._db.write() as session:
                end_look_by_hand(session, self.schedule_id)

    def _write(self, watched: WatchedFolder) -> None:
        look = self._looked
        waiting = len(self._settling.settled(watched.options, time.monotonic()))
        method, note = self._method(watched)
        problem = self._problem(look)
        sight = Sight(
            photos=look.photos,
            growing=len(self._settling) - waiting,
            waiting=waiting,
            seconds=self._look_seconds,
            method=method,
            method_note=note,
        )
        state = (sight.photos, sight.growing, sight.waiting, method, note, problem and problem.message)
        now = time.monotonic()
        if state == self._written and now - self._written_at < _WRITE_SECONDS:
            return
        with self._db.write() as session:
            write_sight(session, self.schedule_id, sight, problem)
        self._written, self._written_at = state, now

    def _problem(self, look: Look) -> InputError | None:
        """What is wrong with a folder that can be read."""
        device = self._place[1] if self._place else 0
        if not look.photos and self._device not in (None, device):
            return InputError(
                "folder_empty",
                "The folder is empty, and on another disk than before. Is its share no longer mounted?",
            )
        self._device = device
        if not look.unreadable:
            return None
        first, others = display_name(look.unreadable[0]), len(look.unreadable) - 1
        beside = f" and {plural(others, 'further folder')}" if others else ""
        return InputError("folder_unreadable", f"The service may not read {first}{beside}.")

    def _say(self, code: str, message: str) -> None:
        """Write why the folder cannot be read."""
        state = (code, message)
        if state == self._written:
            return
        log.warning("folder_away", schedule=self.schedule_id, code=code, error=message)
        try:
            with self._db.write() as session:
                write_problem(session, self.schedule_id, code, message)
        except SQLAlchemyError as error:
            log.error("watch_failed", schedule=self.schedule_id, error=str(error).splitlines()[0])
        else:
            self._written = state

    def _follow(self, root: Path, watched: WatchedFolder) -> bool:
        """Have the system tell of changes, but on a network share; True if the folder is not the one before.

        It may have been replaced, or its share mounted again.
        """
        status = root.stat()
        place = root, status.st_dev, status.st_ino, watched.recursive
        if self._place != place or self._polls(root, watched):
            self._stop_notices()
        is_new, self._place = self._place != place, place
        if self._notices is None and not self._polls(root, watched):
            self._notices = Notices(root, recursive=watched.recursive, wake=self.wake)
        elif self._notices is not None:
            self._notices.keep_alive()
        return is_new

    def _polls(self, root: Path, watched: WatchedFolder) -> bool:
        return watched.options.polls or is_network(file_system_of(root))

    def _stop_notices(self) -> None:
        if self._notices is not None:
            self._notices.stop()
        self._notices = None

    def _method(self, watched: WatchedFolder) -> tuple[WatchMethod, str]:
        """How new photos are noticed, and why they are polled for."""
        if self._notices is not None and not self._notices.problem:
            return WatchMethod.NOTIFICATIONS, ""
        if self._notices is not None:
            return WatchMethod.POLLING, f"The system refuses notifications: {self._notices.problem}"
        if watched.options.polls:
            return WatchMethod.POLLING, ""
        kind = file_system_of(self._place[0]) if self._place else ""
        return WatchMethod.POLLING, f"The folder is on a network share ({kind})."

    def _pause(self, watched: WatchedFolder) -> float:
        if len(self._settling) or watched.waiting_run is not None:
            return min(_SETTLING, watched.options.settle_seconds / 2)
        method, _ = self._method(watched)
        return _NOTIFIED if method is WatchMethod.NOTIFICATIONS else _POLLING
