"""Local web servers, and a fetcher that connects to them."""

from collections.abc import Iterator

import pytest

from core.crawl.fetcher import Fetcher
from core.crawl.host_slots import HostSlot
from core.crawl.politeness import CrawlPolicy
from core.crawl.robots import RobotsMemory
from core.crawl.search.source_reader import SourceReader
from tests.web_server import LocalWeb


class OpenSlots:
    """Host slots that are always free and record their calls."""

    def __init__(self) -> None:
        self.blocked: dict[str, float] = {}
        self.pauses: list[float] = []

    def take(self, host: str) -> HostSlot:
        return HostSlot(host=host, number=0, token="t")

    def renew(self, held: HostSlot) -> None:
        pass

    def release(self, held: HostSlot, *, pause: float) -> None:
        self.pauses.append(pause)

    def block(self, host: str, seconds: float) -> None:
        self.blocked[host] = seconds


@pytest.fixture(scope="session")
def web() -> Iterator[LocalWeb]:
    web = LocalWeb.start()
    yield web
    web.stop()


@pytest.fixture
def slots() -> OpenSlots:
    return OpenSlots()


@pytest.fixture
def fetcher(web: LocalWeb, slots: OpenSlots, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    monkeypatch.setattr("core.crawl.fetcher._BACKOFF_SECONDS", (0.01, 0.02, 0.03))
    return make_fetcher(web, slots)


def make_fetcher(web: LocalWeb, slots: OpenSlots, **policy: object) -> Fetcher:
    asked = CrawlPolicy(user_agent="Maskloop/test (tests)", read_seconds=5.0, total_seconds=20.0)
    return Fetcher(web.pools(), slots, CrawlPolicy(**{**vars(asked), **policy}), memory=RobotsMemory())


@pytest.fixture
def reader(fetcher: Fetcher) -> SourceReader:
    return SourceReader(fetcher=fetcher, obey_robots=True, agent="Maskloop")
