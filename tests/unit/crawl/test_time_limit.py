"""One deadline over resolving, connecting, TLS, headers and body, whatever the server sends meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from urllib3 import PoolManager

from benchmarks.dripping_server import DrippingServer
from core.crawl.fetcher import Fetcher
from core.crawl.guard import Guard, open_pools, resolve
from core.crawl.politeness import CrawlPolicy
from core.crawl.robots import RobotsMemory
from core.errors import TransientError
from tests.acceptance.service import wait_until
from tests.unit.crawl.conftest import OpenSlots

#: Far more than the limits of these tests and far less than a byte every 50 ms would take.
_SOON = 5.0


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.crawl.fetcher._BACKOFF_SECONDS", (0.01, 0.02, 0.03))


@pytest.fixture
def server() -> Iterator[DrippingServer]:
    with DrippingServer() as server:
        yield server


def _fetcher(
    pools: PoolManager | None = None, check: Callable[[], None] = lambda: None, **seconds: float
) -> Fetcher:
    limits = {"connect_seconds": 0.3, "read_seconds": 0.3, "total_seconds": 1.2, **seconds}
    policy = CrawlPolicy(user_agent="Maskloop/test (tests)", **limits)
    pools = pools or open_pools(Guard(allowed_hosts=frozenset({"127.0.0.1", "slow.example"})))
    return Fetcher(pools, OpenSlots(), policy, memory=RobotsMemory(), check=check)


def _code_of(fetcher: Fetcher, address: str) -> tuple[str, str]:
    """Code and message of the error, which must come soon."""
    began = time.monotonic()
    with pytest.raises(TransientError) as failed:
        fetcher.get(address, max_bytes=1 << 20)
    assert time.monotonic() - began < _SOON
    return failed.value.code, failed.value.message


def test_headers_that_drip_end_at_their_limit(server: DrippingServer) -> None:
    code, message = _code_of(_fetcher(), f"{server.address}/headers/1")
    assert code == "answer_too_slow" and "did not begin" in message
    assert server.requests["/headers/1"] == 1, "a server that took its time is not asked again"


def test_a_body_that_drips_ends_at_the_deadline(server: DrippingServer) -> None:
    code, message = _code_of(_fetcher(least_rate=0.0), f"{server.address}/body/1")
    assert code == "answer_too_slow" and "took more than" in message


def test_a_body_that_drips_ends_before_the_deadline(server: DrippingServer) -> None:
    fetcher = _fetcher(total_seconds=60.0)
    code, message = _code_of(fetcher, f"{server.address}/body/1")
    assert code == "answer_too_slow" and "bytes in" in message


def test_redirects_do_not_extend_the_deadline(server: DrippingServer) -> None:
    began = time.monotonic()
    fetcher = _fetcher(read_seconds=60.0, total_seconds=0.5)
    assert _code_of(fetcher, f"{server.address}/away/1")[0] == "answer_too_slow"
    assert time.monotonic() - began < _SOON


@pytest.mark.parametrize("way", ["headers", "body"])
def test_a_robots_file_that_drips_ends_too_and_is_not_read_again_for_each_address(way: str) -> None:
    with DrippingServer(robots=way) as server:
        fetcher = _fetcher()
        for number in range(4):
            assert _code_of(fetcher, f"{server.address}/body/{number}")[0] == "robots_unreachable"
        assert server.requests == {"/robots.txt": 1}


def test_silence_in_the_handshake_ends_in_time(server: DrippingServer) -> None:
    code, message = _code_of(_fetcher(), f"https://127.0.0.1:{server.port}/robots.txt")
    assert code == "robots_unreachable" and "in time" in message


def test_a_lookup_that_hangs_ends_in_time() -> None:
    ended = threading.Event()

    def hang(host: str, port: int) -> list[tuple[str, int]]:
        ended.wait(30)
        return resolve(host, port)

    pools = open_pools(Guard(allowed_hosts=frozenset({"slow.example"}), resolver=hang))
    code, message = _code_of(_fetcher(pools), "http://slow.example/1.jpg")
    ended.set()
    assert code == "robots_unreachable" and "did not reply in time" in message


@pytest.mark.parametrize("path", ["/headers/1", "/body/1"])
def test_a_stop_closes_the_connection_at_once(server: DrippingServer, path: str) -> None:
    """With the limits of a real crawl: the stop ends the fetch, not one of them."""
    stopped, ended = threading.Event(), threading.Event()

    class Stopped(Exception):
        pass

    def check() -> None:
        if stopped.is_set():
            raise Stopped

    def fetch() -> None:
        fetcher = _fetcher(check=check, read_seconds=60, total_seconds=60)
        with pytest.raises(Stopped):
            fetcher.get(server.address + path, max_bytes=1 << 20)
        ended.set()

    thread = threading.Thread(target=fetch)
    thread.start()
    wait_until(lambda: server.requests[path] == 1, seconds=20, what="the request")
    stopped.set()
    assert ended.wait(_SOON)
    thread.join()
    wait_until(lambda: not server.open, seconds=_SOON, what="the connection to be closed")


def test_those_who_wait_for_a_robots_file_stop_too() -> None:
    """The second thread waits for the first one's reading, not for a socket."""

    class Stopped(Exception):
        pass

    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Stopped

    with DrippingServer(robots="headers") as server:
        memory = RobotsMemory()
        ended: list[str] = []

        def fetch(name: str) -> None:
            fetcher = _fetcher(check=check, read_seconds=60, total_seconds=60)
            fetcher._robots._memory = memory
            with pytest.raises(Stopped):
                fetcher.get(f"{server.address}/body/{name}", max_bytes=1 << 20)
            ended.append(name)

        threads = [threading.Thread(target=fetch, args=(name,)) for name in ("first", "second")]
        for thread in threads:
            thread.start()
        wait_until(lambda: server.requests["/robots.txt"] == 1, seconds=20, what="the request")
        stopped.set()
        for thread in threads:
            thread.join(_SOON)
        assert sorted(ended) == ["first", "second"]
