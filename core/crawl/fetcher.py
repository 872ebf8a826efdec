"""Fetch one address: politely (robots.txt, lanes, Retry-After), safely (guard), and never more than asked."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, IncompleteRead, ProtocolError

from core.crawl.address import clean_address, host_of
from core.crawl.directives import refuses_learning
from core.crawl.lanes import LanePass, Lanes
from core.crawl.reply import Reply
from core.crawl.retry_after import read_retry_after
from core.crawl.robots import MAX_BYTES as ROBOTS_BYTES
from core.crawl.robots import Robots, RobotsMemory
from core.errors import InputError, TransientError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_MOST_REDIRECTS = 5
_TRIES = 3
_CHUNK = 1 << 16
#: While an answer comes its lane is held on to this often.
_RENEW_SECONDS = 5.0
#: Longer pauses are not waited for here: the hit is put off instead.
LONGEST_WAIT = 15.0
#: A lane may be given back long before its holder's time is up.
_POLL_SECONDS = 0.15
_BACKOFF_SECONDS = (1.0, 4.0, 10.0)


class HostBusy(Exception):
    """A host must be left alone for longer than anybody here waits."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is busy for {seconds:.0f} s")
        self.host, self.seconds = host, seconds


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How requests are made."""

    #: First word of the user agent: the name that robots.txt knows us by.
    agent: str = "Maskloop"
    user_agent: str
    obey_robots: bool = True
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    #: For one whole answer, however slowly it drips.
    total_seconds: float = 60.0


class Fetcher:
    """GET with manners; safe for many threads. `check` is called while waiting and may raise."""

    def __init__(
        self,
        pools: PoolManager,
        lanes: Lanes,
        manners: Manners,
        *,
        memory: RobotsMemory,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._pools, self._lanes, self._manners, self._check = pools, lanes, manners, check
        self._robots = Robots(self._read_robots, memory, agent=manners.agent)

    def get(
        self,
        address: str,
        *,
        max_bytes: int,
        ask_robots: bool = True,
        headers: Mapping[str, str] | None = None,
        tries: int = _TRIES,
    ) -> Reply:
        """The whole answer behind all redirects.

        Raises InputError address_*, robots_refused, ai_use_refused, too_many_redirects, http_4xx by the
        status, photo_too_large_bytes; TransientError host_*, robots_unreachable, http_429, http_5xx,
        answer_cut_short, answer_too_slow; HostBusy. `ask_robots` is False for interfaces made for programs.
        """
        for attempt in range(1, tries + 1):
            try:
                return self._follow(clean_address(address), max_bytes, ask_robots, dict(headers or {}))
            except TransientError:
                if attempt == tries:
                    raise
                self._sleep(_BACKOFF_SECONDS[attempt - 1] * random.uniform(0.5, 1.5))
        raise AssertionError("tries is at least 1")

    def _follow(self, address: str, max_bytes: int, ask_robots: bool, headers: dict[str, str]) -> Reply:
        for _ in range(_MOST_REDIRECTS + 1):
            pause = 0.0
            if ask_robots and self._manners.obey_robots:
                self._robots.check(address)
                pause = self._robots.delay(address)
            with self._lane(host_of(address), pause) as held:
                found = self._ask(address, max_bytes, headers, held)
            if isinstance(found, Reply):
                return found
            address = found
        raise InputError("too_many_redirects", f"The address redirects more than {_MOST_REDIRECTS} times.")

    def _ask(self, address: str, max_bytes: int, headers: dict[str, str], held: LanePass) -> Reply | str:
        """The answer, or the address that it sends us to."""
        manners = self._manners
        with _errors_named(address):
            response = self._pools.request(
                "GET",
                address,
                headers={"User-Agent": manners.user_agent, "Accept-Encoding": "identity", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=manners.connect_seconds, read=manners.read_seconds),
            )
            try:
                return self._read(response, address, max_bytes, held)
            finally:
                # The connection is used again only where the answer was read whole.
                response.close()

    def _read(self, response: BaseHTTPResponse, address: str, max_bytes: int, held: LanePass) -> Reply | str:
        if response.status in _REDIRECTS and "location" in response.headers:
            return clean_address(response.headers["location"], address)
        if response.status in _BUSY:
            self._hear_busy(response, address)
        if response.status != 200:
            raise _answered(response.status)
        self._check_learning(response)
        if _announced_bytes(response) > max_bytes:
            raise _too_large(max_bytes)
        content = b"".join(self._chunks(response, max_bytes, held))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(url=address, status=response.status, headers=headers, content=content)

    def _chunks(self, response: BaseHTTPResponse, max_bytes: int, held: LanePass) -> Iterator[bytes]:
        began = renewed = time.monotonic()
        size = 0
        while chunk := response.read1(_CHUNK):
            self._check()
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            if (now := time.monotonic()) - renewed > _RENEW_SECONDS:
                self._lanes.renew(held)
                renewed = now
            if now - began > self._manners.total_seconds:
                raise TransientError(
                    "answer_too_slow", f"The answer took more than {self._manners.total_seconds:.0f} s."
                )
            yield chunk

    def _check_learning(self, response: BaseHTTPResponse) -> None:
        if not self._manners.obey_robots:
            return
        values = response.headers.getlist("x-robots-tag")
        if any(refuses_learning(value, self._manners.agent) for value in values):
            raise InputError(
                "ai_use_refused", "The owner says that the picture is not for machine learning (noai)."
            )

    def _hear_busy(self, response: BaseHTTPResponse, address: str) -> None:
        """Leave the host alone for as long as it asks, over all workers."""
        asked = read_retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        if asked is not None:
            self._lanes.block(host_of(address), asked)
            if asked > LONGEST_WAIT:
                raise HostBusy(host_of(address), asked)
        raise _answered(response.status)

    @contextmanager
    def _lane(self, host: str, pause: float) -> Iterator[LanePass]:
        held = self._enter(host)
        try:
            yield held
        finally:
            self._lanes.leave(held, pause=pause)

    def _enter(self, host: str) -> LanePass:
        while True:
            found = self._lanes.enter(host)
            if isinstance(found, LanePass):
                return found
            if found.blocked and found.seconds > LONGEST_WAIT:
                raise HostBusy(host, found.seconds)
            self._sleep(min(max(found.seconds, 0.01), _POLL_SECONDS))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(max(0.0, min(left, 0.2)))

    def _read_robots(self, address: str) -> str | None:
        """The file's text; None where there is none, as any answer of 400 to 499 means."""
        try:
            return self.get(address, max_bytes=ROBOTS_BYTES, ask_robots=False, tries=2).text
        except HostBusy as busy:
            raise TransientError("http_429", "The server asks us to slow down.") from busy


@contextmanager
def _errors_named(address: str) -> Iterator[None]:
    host = host_of(address)
    try:
        yield
    except (IncompleteRead, ProtocolError) as error:
        raise TransientError("answer_cut_short", f"{host} ended its answer before it was whole.") from error
    except HTTPError as error:
        reason = "does not answer in time" if "timed out" in str(error).lower() else "cannot be reached"
        raise TransientError("host_unreachable", f"{host} {reason}.") from error


def _announced_bytes(response: BaseHTTPResponse) -> int:
    """The Content-Length; 0 where there is none or it is no number, since the body is measured anyway."""
    try:
        return int(response.headers.get("content-length") or 0)
    except ValueError:
        return 0


def _answered(status: int) -> InputError | TransientError:
    """An answer that is none, under a code that holds its status."""
    kind = TransientError if status >= 500 or status in _BUSY else InputError
    return kind(f"http_{status}", f"The server answered {status}.")


def status_of_code(code: str) -> int | None:
    """The status that an error's code holds."""
    prefix, _, number = code.partition("_")
    return int(number) if prefix == "http" and number.isdigit() else None


def _too_large(max_bytes: int) -> InputError:
    return InputError("photo_too_large_bytes", f"The file has more than {max_bytes:,} bytes.")
