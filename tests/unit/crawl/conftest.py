"""A local web, and a fetcher into it."""

from collections.abc import Iterator

import pytest

from core.crawl.asking import Asking
from core.crawl.fetcher import Fetcher, Manners
from core.crawl.lanes import LanePass
from core.crawl.robots import RobotsMemory
from tests.web_server import LocalWeb


class OpenLanes:
    """Lanes that are always free, and remember what they were told."""

    def __init__(self) -> None:
        self.blocked: dict[str, float] = {}
        self.pauses: list[float] = []

    def enter(self, host: str) -> LanePass:
        return LanePass(host=host, number=0, token="t")

    def renew(self, held: LanePass) -> None:
        pass

    def leave(self, held: LanePass, *, pause: float) -> None:
        self.pauses.append(pause)

    def block(self, host: str, seconds: float) -> None:
        self.blocked[host] = seconds


@pytest.fixture(scope="session")
def web() -> Iterator[LocalWeb]:
    web = LocalWeb.start()
    yield web
    web.stop()


@pytest.fixture
def lanes() -> OpenLanes:
    return OpenLanes()


@pytest.fixture
def fetcher(web: LocalWeb, lanes: OpenLanes, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    monkeypatch.setattr("core.crawl.fetcher._BACKOFF_SECONDS", (0.01, 0.02, 0.03))
    return make_fetcher(web, lanes)


def make_fetcher(web: LocalWeb, lanes: OpenLanes, **manners: object) -> Fetcher:
    asked = Manners(user_agent="Maskloop/test (tests)", read_seconds=1.0, total_seconds=0.5)
    return Fetcher(web.pools(), lanes, Manners(**{**vars(asked), **manners}), memory=RobotsMemory())


@pytest.fixture
def asking(fetcher: Fetcher) -> Asking:
    return Asking(fetcher=fetcher, obey_robots=True, agent="Maskloop")
