"""What sites ask of crawlers: robots.txt, X-Robots-Tag and robots meta tags, Retry-After."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from protego import Protego

from core.crawl.address import origin_of
from core.errors import InputError, MaskloopError, TransientError

#: How long a robots.txt is cached; RFC 9309 allows a day.
_HOLDS_SECONDS = 3600.0
#: RFC 9309: crawlers need not read more of the file.
MAX_BYTES = 500 * 1024
#: The longest Crawl-delay that is obeyed.
_LONGEST_DELAY = 60.0
#: Directives that forbid machine learning on a picture.
FORBIDDING = frozenset({"noai", "noimageai"})
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
#: The longest Retry-After that is obeyed: a day.
_LONGEST_RETRY_AFTER = 86_400.0


@dataclass(frozen=True, kw_only=True)
class CrawlPolicy:
    """The crawl policy: who we are, what we obey, how long we wait."""

    #: The first word of the user agent, which robots.txt matches.
    agent: str = "Maskloop"
    user_agent: str
    obey_robots: bool = True
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    #: For one whole reply, however slowly it arrives.
    total_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The robots.txt of one origin; `error` is set if it could not be read."""

    parsed: Protego | None
    error: MaskloopError | None
    read_at: float


class RobotsMemory:
    """The robots.txt of each origin; one cache per process, shared by its batches."""

    def __init__(self) -> None:
        self.rules: dict[str, Rules] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def lock(self, origin: str) -> threading.Lock:
        """The origin's lock, held while its file is read so that it is read once."""
        with self._lock:
            return self._locks.setdefault(origin, threading.Lock())


class Robots:
    """Obeys robots.txt; `read_file` returns the text of one, or None if there is none."""

    def __init__(self, read_file: Callable[[str], str | None], memory: RobotsMemory, *, agent: str) -> None:
        self._read_file, self._memory, self._agent = read_file, memory, agent

    def check(self, address: str) -> None:
        """Raises InputError robots_refused, or TransientError robots_unreachable."""
        rules = self._of(origin_of(address))
        if rules.error is not None:
            raise TransientError(
                "robots_unreachable",
                f"The robots.txt of {origin_of(address)} cannot be read: {rules.error.message}",
            ) from rules.error
        if rules.parsed is not None and not rules.parsed.can_fetch(address, self._agent):
            raise InputError(
                "robots_refused", f"The robots.txt of {origin_of(address)} does not allow this address."
            )

    def delay(self, address: str) -> float:
        """The Crawl-delay in seconds, 0 if the file has none."""
        rules = self._of(origin_of(address))
        delay = rules.parsed.crawl_delay(self._agent) if rules.parsed is not None else None
        return min(float(delay or 0), _LONGEST_DELAY)

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
            # Try again after 30 seconds.
            return Rules(parsed=None, error=error, read_at=now - _HOLDS_SECONDS + 30)
        return Rules(parsed=None if text is None else Protego.parse(text), error=None, read_at=now)


def refuses_learning(value: str, agent: str) -> bool:
    """Whether a header or meta tag forbids machine learning; parts for other named crawlers do not count.

    `noai`, `noindex, noimageai`, `maskloop: noai` refuse; `otherbot: noai` does not.
    """
    is_for_us = True
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and _WORD.fullmatch(name.strip()):
            # A name applies to all directives after it, up to the next name.
            is_for_us = name.strip() == agent.lower()
            part = rest
        if is_for_us and part.strip() in FORBIDDING:
            return True
    return False


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None if it is neither."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
