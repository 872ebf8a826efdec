"""One tried photo at a time for each client, so that nobody fills the queue of the live process alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import TransientError

#: How long the next photo of a client waits for the one before, which its page may have given up.
_WAIT_SECONDS = 20.0


@dataclass(kw_only=True)
class _Client:
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: Photos in work and waiting.
    photos: int = 0


class ClientTurns:
    """One photo in work and one waiting for each client of this web process."""

    def __init__(self, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._clients: dict[int, _Client] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, client: int) -> Iterator[None]:
        """Wait for the client's turn; TransientError one_photo_at_a_time."""
        with self._lock:
            mine = self._clients.setdefault(client, _Client())
            if mine.photos >= 2:
                raise refused()
            mine.photos += 1
        try:
            if not mine.lock.acquire(timeout=self._wait_seconds):
                raise refused()
            try:
                yield
            finally:
                mine.lock.release()
        finally:
            with self._lock:
                mine.photos -= 1
                if not mine.photos:
                    del self._clients[client]


def refused() -> TransientError:
    """The error of a photo too many."""
    return TransientError(
        "one_photo_at_a_time", "Your photo before this one is still being looked at. Try again in a moment."
    )
