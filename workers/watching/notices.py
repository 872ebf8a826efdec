"""Notifications of the system about a watched folder; they only make the next look come sooner."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from watchfiles import Change, watch

from core.library.files.skipping import skip_of_file

log = structlog.get_logger()

#: Changes within so many milliseconds are one wake-up.
_DEBOUNCE_MS = 500
#: How long it takes to notice that the watch is to end.
_TIMEOUT_MS = 1_000
#: Pause before notifications are tried again after the system refused them.
_TRY_AGAIN_SECONDS = 300.0


class Notices:
    """Calls `wake` for changes in a folder; `problem` says why it does not, empty while it does."""

    def __init__(self, root: Path, *, recursive: bool, wake: Callable[[], None]) -> None:
        self._root, self._recursive, self._wake = root, recursive, wake
        self._stop = threading.Event()
        self._failed_at = 0.0
        self.problem = ""
        self._thread = self._start()

    def keep_alive(self) -> None:
        """Start again if the system refused some minutes ago."""
        if self._thread.is_alive() or time.monotonic() - self._failed_at < _TRY_AGAIN_SECONDS:
            return
        self._thread = self._start()

    def stop(self) -> None:
        """End without waiting for the thread, which may hang."""
        self._stop.set()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="notices", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        try:
            for changes in watch(
                self._root,
                watch_filter=is_news,
                debounce=_DEBOUNCE_MS,
                rust_timeout=_TIMEOUT_MS,
                stop_event=self._stop,
                yield_on_timeout=True,
                raise_interrupt=False,
                force_polling=False,
                recursive=self._recursive,
                ignore_permission_denied=True,
            ):
                self.problem = ""
                if changes:
                    self._wake()
        # Whatever the system refuses, such as one watch more: the looks find new photos without it.
        except (OSError, RuntimeError) as error:
            self._failed_at = time.monotonic()
            self.problem = str(error).partition("\n")[0] or type(error).__name__
            log.warning("notifications_refused", folder=os.fsencode(self._root), error=self.problem)


def is_news(change: Change, path: str) -> bool:
    """Whether a change is worth a look: of a photo that was not deleted, or of what may be a folder."""
    name = os.fsencode(path).rpartition(b"/")[2]
    if skip_of_file(name) is None:
        return change is not Change.deleted
    return change is not Change.modified and not name.startswith(b".")
