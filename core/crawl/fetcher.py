"""Fetch one address within the crawl policy: robots.txt, host slots, Retry-After, limits of size and time."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, IncompleteRead, ProtocolError

from core.crawl.address import clean_address, host_of
from core.crawl.host_slots import HostSlot, HostSlots
from core.crawl.politeness import MAX_BYTES as ROBOTS_BYTES
from core.crawl.politeness import CrawlPolicy, Robots, RobotsMemory, read_retry_after, refuses_learning
from core.crawl.source import Reply
from core.errors import InputError, TransientError

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
_BACKOFF_SECONDS = (1.0, 4.0, 10.0)


class HostBusy(Exception):
    """A host allows no request for longer than `LONGEST_WAIT`; `seconds` is for how long."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is busy for {seconds:.0f} s")
        self.host, self.seconds = host, seconds


class Fetcher:
    """GET within a crawl policy; thread-safe. `check` is called while waiting and may raise."""

    def __init__(
        self,
        pools: PoolManager,
        slots: HostSlots,
        policy: CrawlPolicy,
        *,
        memory: RobotsMemory,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._pools, self._slots, self._policy, self._check = pools, slots, policy, check
        self._robots = Robots(self._read_robots, memory, agent=policy.agent)

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

        Raises InputError address_*, robots_refused, ai_use_refused, too_many_redirects, http_ and a
        status below 500, photo_too_large_bytes; TransientError host_*, robots_unreachable, http_429,
        http_5xx, answer_cut_short, answer_too_slow; HostBusy. Give `ask_robots=False` for public APIs.
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
            if ask_robots and self._policy.obey_robots:
                self._robots.check(address)
                pause = self._robots.delay(address)
            with self._slot(host_of(address), pause) as held:
                found = self._ask(address, max_bytes, headers, held)
            if isinstance(found, Reply):
                return found
            address = found
        raise InputError("too_many_redirects", f"The address redirects more than {_MOST_REDIRECTS} times.")

    def _ask(self, address: str, max_bytes: int, headers: dict[str, str], held: HostSlot) -> Reply | str:
        """The reply, or the address that it redirects to."""
        policy = self._policy
        with _wrap_errors(address):
            response = self._pools.request(
                "GET",
                address,
                headers={"User-Agent": policy.user_agent, "Accept-Encoding": "identity", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=policy.connect_seconds, read=policy.read_seconds),
            )
            try:
                return self._read(response, address, max_bytes, held)
            finally:
                # The connection is reused only if the reply was read to its end.
                response.close()

    def _read(self, response: BaseHTTPResponse, address: str, max_bytes: int, held: HostSlot) -> Reply | str:
        if response.status in _REDIRECTS and "location" in response.headers:
            return clean_address(response.headers["location"], address)
        if response.status in _BUSY:
            self._on_busy(response, address)
        if response.status != 200:
            raise _status_error(response.status)
        self._check_learning(response)
        if _announced_bytes(response) > max_bytes:
            raise _too_large(max_bytes)
        content = b"".join(self._chunks(response, max_bytes, held))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(url=address, status=response.status, headers=headers, content=content)

    def _chunks(self, response: BaseHTTPResponse, max_bytes: int, held: HostSlot) -> Iterator[bytes]:
        began = renewed = time.monotonic()
        size = 0
        while chunk := response.read1(_CHUNK):
            self._check()
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            if (now := time.monotonic()) - renewed > _RENEW_SECONDS:
                self._slots.renew(held)
                renewed = now
            if now - began > self._policy.total_seconds:
                raise TransientError(
                    "answer_too_slow", f"The reply took more than {self._policy.total_seconds:.0f} s."
                )
            yield chunk

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
            self._sleep(min(max(found.seconds, 0.01), _POLL_SECONDS))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(max(0.0, min(left, 0.2)))

    def _read_robots(self, address: str) -> str | None:
        """The file's text."""
        try:
            return self.get(address, max_bytes=ROBOTS_BYTES, ask_robots=False, tries=2).text
        except HostBusy as busy:
            raise TransientError("http_429", "The server asks us to slow down.") from busy


@contextmanager
def _wrap_errors(address: str) -> Iterator[None]:
    host = host_of(address)
    try:
        yield
    except (IncompleteRead, ProtocolError) as error:
        raise TransientError(
            "answer_cut_short", f"{host} closed the connection before the reply was complete."
        ) from error
    except HTTPError as error:
        reason = "did not reply in time" if "timed out" in str(error).lower() else "cannot be reached"
        raise TransientError("host_unreachable", f"{host} {reason}.") from error


def _announced_bytes(response: BaseHTTPResponse) -> int:
    """The Content-Length; 0 if missing or not a number, since the body is measured anyway."""
    try:
        return int(response.headers.get("content-length") or 0)
    except ValueError:
        return 0


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
