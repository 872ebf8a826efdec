"""robots.txt as RFC 9309 describes it: read once per origin, refused where it is unclear."""

import re
import threading
import time
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from core.crawl.address import origin_of
from core.errors import InputError, MaskloopError, TransientError

#: How long a robots.txt is cached; RFC 9309 allows a day.
_HOLDS_SECONDS = 3600.0
#: One that could not be read is read again after this, or after ten times as long as the failed try took.
_RETRY_SECONDS = 30.0
#: RFC 9309: crawlers need not read more of the file.
MAX_BYTES = 500 * 1024
#: The longest Crawl-delay that is obeyed.
_LONGEST_DELAY = 60.0
#: How often somebody who waits for another thread's reading looks whether to stop.
_POLL_SECONDS = 0.25
_ENCODINGS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
#: A line that some crawler knows, with the spellings that are read in spite of an error.
_RULE = re.compile(
    r"(user[- ]?agent|dis+al+ow|allow|site-?map|crawl-?delay|host|clean-param|request-rate|visit-time"
    r"|no-?index|content-(signal|usage)|license)\s*[:\s]",
    re.I,
)
#: Characters that no text has. Bytes that are no UTF-8 are none of them: comments come in every encoding.
_BINARY = re.compile("[\x00-\x08\x0e-\x1f]")
#: A larger share of binary characters than this is no text, but a picture or an archive.
_MOST_BINARY = 0.01
#: Origins that are remembered; a long crawl meets any number of them.
_MOST_ORIGINS = 2000


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The robots.txt of one origin; `error` is set if it could not be read or understood."""

    parsed: Protego | None
    error: MaskloopError | None
    #: On the clock of `time.monotonic`.
    expires_at: float


class RobotsMemory:
    """The robots.txt of the last origins; one cache per process, shared by its batches."""

    def __init__(self) -> None:
        self.rules: dict[str, Rules] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def lock(self, origin: str) -> threading.Lock:
        """The origin's lock, held while its file is read so that it is read once."""
        with self._lock:
            if len(self._locks) >= _MOST_ORIGINS and origin not in self._locks:
                self._forget_half()
            return self._locks.setdefault(origin, threading.Lock())

    def _forget_half(self) -> None:
        """Forget what expires first; not what is being read."""
        held = {origin: self.rules[origin].expires_at for origin in list(self._locks) if origin in self.rules}
        free = [origin for origin, lock in self._locks.items() if not lock.locked()]
        for origin in sorted(free, key=lambda each: held.get(each, 0.0))[: _MOST_ORIGINS // 2]:
            del self._locks[origin]
            self.rules.pop(origin, None)


class Robots:
    """Obeys robots.txt.

    `read_file` returns the first `MAX_BYTES` of one, or None if there is none; `check` is called while
    another thread reads the file, and may raise.
    """

    def __init__(
        self,
        read_file: Callable[[str], bytes | None],
        memory: RobotsMemory,
        *,
        agent: str,
        check: Callable[[], None],
    ) -> None:
        self._read_file, self._memory, self._agent, self._check = read_file, memory, agent, check

    def check(self, address: str) -> None:
        """Raises InputError robots_refused or robots_unclear, TransientError robots_unreachable."""
        origin = origin_of(address)
        rules = self._of(origin)
        if isinstance(rules.error, InputError):
            raise InputError(
                "robots_unclear", f"The robots.txt of {origin} is unclear: {rules.error.message}"
            ) from rules.error
        if rules.error is not None:
            raise TransientError(
                "robots_unreachable", f"The robots.txt of {origin} cannot be read: {rules.error.message}"
            ) from rules.error
        if rules.parsed is not None and not rules.parsed.can_fetch(address, self._agent):
            raise InputError("robots_refused", f"The robots.txt of {origin} does not allow this address.")

    def delay(self, address: str) -> float:
        """The Crawl-delay in seconds, 0 if the file has none."""
        rules = self._of(origin_of(address))
        delay = rules.parsed.crawl_delay(self._agent) if rules.parsed is not None else None
        return min(float(delay or 0), _LONGEST_DELAY)

    def _of(self, origin: str) -> Rules:
        lock = self._memory.lock(origin)
        while not lock.acquire(timeout=_POLL_SECONDS):
            self._check()
        try:
            known = self._memory.rules.get(origin)
            if known is None or time.monotonic() > known.expires_at:
                known = self._memory.rules[origin] = self._read(origin)
            return known
        finally:
            lock.release()

    def _read(self, origin: str) -> Rules:
        began = time.monotonic()
        try:
            content = self._read_file(f"{origin}/robots.txt")
            parsed = None if content is None else Protego.parse(read_text(content))
        except InputError as error:
            if error.code == "address_refused":
                raise
            return Rules(parsed=None, error=error, expires_at=time.monotonic() + _HOLDS_SECONDS)
        except TransientError as error:
            now = time.monotonic()
            return Rules(parsed=None, error=error, expires_at=now + max(_RETRY_SECONDS, 10 * (now - began)))
        return Rules(parsed=parsed, error=None, expires_at=time.monotonic() + _HOLDS_SECONDS)


def read_text(content: bytes) -> str:
    """The text of a robots.txt, without a last line that was cut off at `MAX_BYTES`.

    The encoding is UTF-8, or UTF-16 with or without a byte order mark. Raises InputError robots_unclear for
    what is no text, or has no line that is a rule, such as the home page that some sites send instead.
    """
    text = content.decode(_encoding(content), "replace")
    if len(content) >= MAX_BYTES:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    if len(_BINARY.findall(text)) > _MOST_BINARY * len(text):
        raise InputError("robots_unclear", "it is not a text.")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    has_rule = any(_RULE.match(line) for line in lines) and not lines[0].startswith("<")
    if content.strip() and not has_rule and not (lines and all(line.startswith("#") for line in lines)):
        raise InputError("robots_unclear", "it has no line that is a rule.")
    return text


def _encoding(content: bytes) -> str:
    for mark, name in _ENCODINGS.items():
        if content.startswith(mark):
            return name
    # Rules are ASCII: every second byte of UTF-16 is zero.
    start = content[:200]
    if start and start[1::2].count(0) > 0.8 * len(start[1::2]):
        return "utf-16-le"
    if start and start[::2].count(0) > 0.8 * len(start[::2]):
        return "utf-16-be"
    return "utf-8"
