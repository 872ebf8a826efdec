"""robots.txt: read once an hour for each origin, obeyed for every address."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from core.crawl.address import origin_of
from core.errors import InputError, MaskloopError, TransientError

#: How long one reading holds; RFC 9309 allows a day.
_HOLDS_SECONDS = 3600.0
#: Crawlers need read no more of the file.
MAX_BYTES = 500 * 1024
#: Nobody waits longer between two requests, whatever the file asks for.
_LONGEST_DELAY = 60.0


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one origin says; `error` is set where it could not be asked."""

    parsed: Protego | None
    error: MaskloopError | None
    read_at: float


class RobotsMemory:
    """What was read of which origin; one a process, so that batches after one another need not ask again."""

    def __init__(self) -> None:
        self.rules: dict[str, Rules] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def lock(self, origin: str) -> threading.Lock:
        """Held while an origin's file is read, so that it is read once."""
        with self._lock:
            return self._locks.setdefault(origin, threading.Lock())


class Robots:
    """Reads through `read_file`, which gives a robots.txt's text, or None where there is none."""

    def __init__(self, read_file: Callable[[str], str | None], memory: RobotsMemory, *, agent: str) -> None:
        self._read_file, self._memory, self._agent = read_file, memory, agent

    def check(self, address: str) -> None:
        """InputError robots_refused; TransientError robots_unreachable where the origin cannot say."""
        rules = self._of(origin_of(address))
        if rules.error is not None:
            raise TransientError(
                "robots_unreachable",
                f"The robots.txt of {origin_of(address)} cannot be read: {rules.error.message}",
            ) from rules.error
        if rules.parsed is not None and not rules.parsed.can_fetch(address, self._agent):
            raise InputError(
                "robots_refused", f"The robots.txt of {origin_of(address)} asks programs to keep out."
            )

    def delay(self, address: str) -> float:
        """Seconds between two requests that the origin asks for, 0 where it does not say."""
        rules = self._of(origin_of(address))
        asked = rules.parsed.crawl_delay(self._agent) if rules.parsed is not None else None
        return min(float(asked or 0), _LONGEST_DELAY)

    def _of(self, origin: str) -> Rules:
        with self._memory.lock(origin):
            known = self._memory.rules.get(origin)
            if known is None or time.monotonic() - known.read_at > _HOLDS_SECONDS:
                known = self._memory.rules[origin] = self._read(origin)
            return known

    def _read(self, origin: str) -> Rules:
        now = time.monotonic()
        try:
            text = self._read_file(f"{origin}/robots.txt")
        except InputError as error:
            if error.code == "address_refused":
                raise
            return Rules(parsed=None, error=None, read_at=now)
        except TransientError as error:
            # Tried again soon, unlike an answer.
            return Rules(parsed=None, error=error, read_at=now - _HOLDS_SECONDS + 30)
        return Rules(parsed=None if text is None else Protego.parse(text), error=None, read_at=now)
