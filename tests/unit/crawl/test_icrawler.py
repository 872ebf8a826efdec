"""icrawler itself, with its threads, against the same local pages: with its own parser and with ours."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from icrawler import Crawler, ImageDownloader
from icrawler.builtin import BingFeeder, BingParser
from requests.adapters import HTTPAdapter

from core.crawl.sources.bing import BingParser as ExtendedParser
from tests.web_server import LocalWeb


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """Restores the root logger, which icrawler changes."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


def _crawl(web: LocalWeb, folder: Path, parser: type[BingParser], number: int) -> list[dict[str, str]]:
    """The tasks that the downloader received."""
    tasks: list[dict[str, str]] = []

    class Downloader(ImageDownloader):
        def process_meta(self, task: dict[str, str]) -> None:
            tasks.append(dict(task))

    crawler = Crawler(
        BingFeeder, parser, Downloader, storage={"root_dir": str(folder)}, log_level=logging.ERROR
    )
    ca = folder / "ca.pem"
    web.ca.cert_pem.write_to_path(ca)
    adapter = HTTPAdapter()
    adapter.poolmanager = web.pools()
    crawler.session.mount("https://", adapter)
    crawler.session.verify = str(ca)
    crawler.crawl(
        feeder_kwargs={"keyword": "face+mask", "offset": 0, "max_num": 20},
        parser_kwargs={"queue_timeout": 0.1},
        downloader_kwargs={"max_num": number, "queue_timeout": 0.5},
    )
    return tasks


@pytest.mark.parametrize(("parser", "found"), [(BingParser, 12), (ExtendedParser, 20)])
def test_icrawler_runs_against_the_local_pages(
    web: LocalWeb, tmp_path: Path, quiet_logs: None, parser: type[BingParser], found: int
) -> None:
    tasks = _crawl(web, tmp_path, parser, 20)
    kept = [task for task in tasks if task["success"]]
    # A page has 35 results; icrawler's own parser finds only the third of them that ends in .jpg.
    assert len(kept) == found
    assert len(list(tmp_path.glob("0*"))) == found
    assert all(("page_url" in task) is (parser is ExtendedParser) for task in kept)
