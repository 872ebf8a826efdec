"""Limit failed sign-ins, against guessing of passwords."""

import threading
import time
from collections import deque
from collections.abc import Callable

from core.errors import InputError

_FAILURES = 10
_WINDOW_SECONDS = 300.0
#: Most keys remembered, which bounds the memory.
_MOST_KEYS = 10_000


class Throttle:
    """Failures of the last five minutes by key, in memory, since the web server is one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, *keys: str) -> None:
        """Raise InputError sign_in_throttled if one of the keys has failed too often."""
        with self._lock:
            if any(len(self._recent(key)) >= _FAILURES for key in keys):
                raise InputError(
                    "sign_in_throttled", "Too many failed attempts. Wait five minutes, or use a sign-in link."
                )

    def note_failure(self, *keys: str) -> None:
        """Record a failed attempt for each key."""
        with self._lock:
            if len(self._failures) >= _MOST_KEYS:
                self._failures.pop(next(iter(self._failures)))
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=_FAILURES)).append(self._clock())

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and failures[0] < self._clock() - _WINDOW_SECONDS:
            failures.popleft()
        if not failures:
            self._failures.pop(key, None)
        return failures
