"""Fetch one address within the crawl policy: robots.txt, host slots, Retry-After, limits of size and time."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as URLTimeoutError

from core.crawl.address import clean_address, host_of
from core.crawl.host_slots import HostSlot, HostSlots
from core.crawl.politeness import CrawlPolicy, read_retry_after, refuses_learning
from core.crawl.robots import MAX_BYTES as ROBOTS_BYTES
from core.crawl.robots import Robots, RobotsMemory
from core.crawl.source import Reply
from core.crawl.time_limit import TimeLimit
from core.errors import InputError, StopWork, TransientError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_MOST_REDIRECTS = 5
_TRIES = 3
_CHUNK = 1 << 16
#: How often a slot is renewed while a reply arrives.
_RENEW_SECONDS = 5.0
#: After a longer pause the hit is postponed instead.
LONGEST_WAIT = 15.0
#: Ask for a slot this often: its holder may give it back early.
_POLL_SECONDS = 0.15
#: It had its time; and a robots.txt that cannot be read is remembered for longer than these pauses.
_NOT_TRIED_AGAIN = frozenset({"answer_too_slow", "robots_unreachable"})
_BACKOFF_SECONDS = (1.0, 4.0, 10.0)


#: A Content-Length as RFC 9110 writes it; `int` reads more, such as 1_000.
_PLAIN_NUMBER = re.compile(r"[0-9]{1,18}")


class HostBusy(StopWork):
    """A host allows no request for longer than `LONGEST_WAIT`; `seconds` is for how long."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is busy for {seconds:.0f} s")
        self.host, self.seconds = host, seconds


class TurnOver(StopWork):
    """The fetch has no slot yet and may not wait any longer; one may be free in `seconds`."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"no slot of {host} for {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What one fetch asks for, and the time that it has."""

    max_bytes: int
    headers: Mapping[str, str]
    limit: TimeLimit
    ask_robots: bool
    #: Whether this is a robots.txt: its first `max_bytes` are enough, and X-Robots-Tag does not concern it.
    is_robots: bool = False


class Fetcher:
    """GET within a crawl policy; thread-safe.

    `check` is called several times a second while a fetch waits for a slot or a server, and may raise. Where
    `may_wait` returns False, a fetch raises TurnOver instead of waiting for a slot.
    """

    def __init__(
        self,
        pools: PoolManager,
        slots: HostSlots,
        policy: CrawlPolicy,
        *,
        memory: RobotsMemory,
        check: Callable[[], None] = lambda: None,
        may_wait: Callable[[], bool] = lambda: True,
    ) -> None:
        self._pools, self._slots, self._policy = pools, slots, policy
        self._check, self._may_wait = check, may_wait
        self._robots = Robots(self._read_robots, memory, agent=policy.agent, check=lambda: self._check())

    def get(
        self,
        address: str,
        *,
        max_bytes: int,
        ask_robots: bool = True,
        headers: Mapping[str, str] | None = None,
        tries: int = _TRIES,
    ) -> Reply:
        """The whole reply after all redirects.

        Raises InputError address_*, robots_refused, robots_unclear, ai_use_refused, too_many_redirects,
        answer_invalid, http_ and a status below 500, photo_too_large_bytes; TransientError host_*,
        robots_unreachable, http_429, http_5xx, answer_cut_short, answer_too_slow; HostBusy, TurnOver. Give
        `ask_robots=False` for public APIs.
        """
        asked = _Request(
            max_bytes=max_bytes, headers=headers or {}, limit=self._new_limit(), ask_robots=ask_robots
        )
        return self._try(address, asked, tries)

    def _new_limit(self) -> TimeLimit:
        policy = self._policy
        return TimeLimit(
            seconds=policy.total_seconds,
            header_seconds=policy.connect_seconds + policy.read_seconds,
            check=lambda: self._check(),
        )

    def _try(self, address: str, asked: _Request, tries: int) -> Reply:
        for attempt in range(1, tries + 1):
            try:
                return self._follow(clean_address(address), asked)
            except TransientError as error:
                if attempt == tries or error.code in _NOT_TRIED_AGAIN:
                    raise
                self._sleep(_BACKOFF_SECONDS[attempt - 1] * random.uniform(0.5, 1.5))
        raise AssertionError("tries is at least 1")

    def _follow(self, address: str, asked: _Request) -> Reply:
        for _ in range(_MOST_REDIRECTS + 1):
            pause = 0.0
            if asked.ask_robots and self._policy.obey_robots:
                self._robots.check(address)
                pause = self._robots.delay(address)
            with self._slot(host_of(address), pause) as held:
                found = self._ask(address, asked, held)
            if isinstance(found, Reply):
                return found
            address = found
        raise InputError("too_many_redirects", f"The address redirects more than {_MOST_REDIRECTS} times.")

    def _ask(self, address: str, asked: _Request, held: HostSlot) -> Reply | str:
        """The reply, or the address that it redirects to."""
        policy = self._policy
        agent = {"User-Agent": policy.user_agent, "Accept-Encoding": "identity"}
        with wrap_network_errors(address), asked.limit.request():
            response = self._pools.request(
                "GET",
                address,
                headers={**agent, **asked.headers},
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=policy.connect_seconds, read=policy.read_seconds),
            )
            asked.limit.end_headers()
            try:
                return self._read(response, address, asked, held)
            finally:
                # The connection is reused only if the reply was read to its end.
                response.close()

    def _read(self, response: BaseHTTPResponse, address: str, asked: _Request, held: HostSlot) -> Reply | str:
        if response.status in _REDIRECTS and "location" in response.headers:
            return clean_address(response.headers["location"], address)
        if response.status in _BUSY:
            self._on_busy(response, address)
        if response.status != 200:
            raise _status_error(response.status)
        announced = _announced_bytes(response, host_of(address))
        if not asked.is_robots:
            self._check_learning(response)
            if announced > asked.max_bytes:
                raise _too_large(asked.max_bytes)
        content = b"".join(self._chunks(response, asked, held))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(url=address, status=response.status, headers=headers, content=content)

    def _chunks(self, response: BaseHTTPResponse, asked: _Request, held: HostSlot) -> Iterator[bytes]:
        began = renewed = time.monotonic()
        left = asked.max_bytes
        while chunk := response.read1(_CHUNK):
            self._check()
            yield chunk[:left]
            left -= len(chunk)
            if left < 0 and asked.is_robots:
                return
            if left < 0:
                raise _too_large(asked.max_bytes)
            if (now := time.monotonic()) - renewed > _RENEW_SECONDS:
                self._slots.renew(held)
                renewed = now
            self._policy.check_rate(asked.max_bytes - left, now - began)

    def _check_learning(self, response: BaseHTTPResponse) -> None:
        if not self._policy.obey_robots:
            return
        values = response.headers.getlist("x-robots-tag")
        if any(refuses_learning(value, self._policy.agent) for value in values):
            raise InputError(
                "ai_use_refused", "The site does not allow machine learning on this picture (noai)."
            )

    def _on_busy(self, response: BaseHTTPResponse, address: str) -> None:
        """Block the host for all workers for as long as it asks; always raises."""
        pause = read_retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        if pause is not None:
            self._slots.block(host_of(address), pause)
            if pause > LONGEST_WAIT:
                raise HostBusy(host_of(address), pause)
        raise _status_error(response.status)

    @contextmanager
    def _slot(self, host: str, pause: float) -> Iterator[HostSlot]:
        held = self._take_slot(host)
        try:
            yield held
        finally:
            self._slots.release(held, pause=pause)

    def _take_slot(self, host: str) -> HostSlot:
        while True:
            found = self._slots.take(host)
            if isinstance(found, HostSlot):
                return found
            if found.blocked and found.seconds > LONGEST_WAIT:
                raise HostBusy(host, found.seconds)
            if not self._may_wait():
                raise TurnOver(host, found.seconds)
            self._sleep(min(max(found.seconds, 0.01), _POLL_SECONDS))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(max(0.0, min(left, 0.2)))

    def _read_robots(self, address: str) -> bytes | None:
        """The first part of the file; None if the server says that there is none."""
        asked = _Request(
            max_bytes=ROBOTS_BYTES, headers={}, limit=self._new_limit(), ask_robots=False, is_robots=True
        )
        try:
            return self._try(address, asked, 2).content
        except HostBusy as busy:
            raise TransientError("http_429", "The server asks us to slow down.") from busy
        except InputError as error:
            if 400 <= (status_of_code(error.code) or 0) < 500:
                return None
            raise


@contextmanager
def wrap_network_errors(address: str) -> Iterator[None]:
    """Raise errors of urllib3 as ours: TransientError host_unreachable, answer_cut_short; InputError."""
    host = host_of(address)
    try:
        yield
    except ProtocolError as error:
        raise TransientError(
            "answer_cut_short", f"{host} closed the connection before the reply was complete."
        ) from error
    except (InvalidHeader, DecodeError, LocationValueError) as error:
        raise _invalid(host) from error
    except SSLError as error:
        raise TransientError("host_unreachable", f"{host} has no trusted certificate.") from error
    except HTTPError as error:
        timed_out = isinstance(error, URLTimeoutError) and not isinstance(error, NewConnectionError)
        reason = "did not reply in time" if timed_out else "cannot be reached"
        raise TransientError("host_unreachable", f"{host} {reason}.") from error


def _announced_bytes(response: BaseHTTPResponse, host: str) -> int:
    """The Content-Length, 0 if there is none; the body is measured anyway.

    Raises InputError answer_invalid where it is no plain number, or two of them differ: RFC 9112 has such
    replies discarded, since nobody knows where they end.
    """
    lines = response.headers.getlist("content-length")
    announced = {part.strip() for line in lines for part in line.split(",")}
    if not announced or "transfer-encoding" in response.headers:
        return 0
    length = announced.pop()
    if announced or not _PLAIN_NUMBER.fullmatch(length):
        raise _invalid(host)
    return int(length)


def _invalid(host: str) -> InputError:
    return InputError("answer_invalid", f"{host} sent a reply that breaks the rules of HTTP.")


def _status_error(status: int) -> InputError | TransientError:
    """The error for a reply whose status is not 200; the code holds the status."""
    kind = TransientError if status >= 500 or status in _BUSY else InputError
    return kind(f"http_{status}", f"The server replied with status {status}.")


def status_of_code(code: str) -> int | None:
    """The HTTP status in an error's code; None for other codes."""
    prefix, _, number = code.partition("_")
    return int(number) if prefix == "http" and number.isdigit() else None


def _too_large(max_bytes: int) -> InputError:
    return InputError("photo_too_large_bytes", f"The file has more than {max_bytes:,} bytes.")
