"""From an empty library to a crawl, its photos, a removal, and a schedule, in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import select

from core.settings import Settings
from models import Job, Photo
from tests.acceptance.live_pages import CHROMIUM_ARGUMENTS, Site, Visitor, press, running_site, visiting
from tests.web_server import LocalWeb
from workers.drain import drain_job

pytestmark = pytest.mark.browser

_PICTURES = 9


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    web = LocalWeb.start()
    yield web
    web.stop()


@pytest.fixture
def visitor(chromium: str, tmp_path: Path) -> Iterator[Visitor]:
    with sync_playwright() as playwright, running_site(tmp_path) as site:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        with visiting(browser, site) as visitor:
            yield visitor
        assert visitor.complaints == []
        browser.close()


@contextmanager
def _working(site: Site, job_id: int) -> Iterator[None]:
    """A worker for the job."""
    settings = Settings(
        data=site.data, crawl_allowed_hosts="127.0.0.1", crawl_host_rate=100, min_free_bytes=0
    )
    worker = threading.Thread(target=drain_job, args=(settings, job_id, threading.Event()))
    worker.start()
    yield
    worker.join(60)
    assert not worker.is_alive()


def _newest_job(site: Site) -> int:
    with site.database.read() as rows:
        return rows.scalars(select(Job.id).order_by(Job.id.desc())).first() or 0


def test_a_crawl_from_the_first_click_to_a_removal(visitor: Visitor, web: LocalWeb) -> None:
    page, site = visitor.page, visitor.site
    visitor.goto("/library")
    page.get_by_role("link", name="Crawl the web").click()
    _request_crawl(visitor, web)
    with _working(site, _newest_job(site)):
        expect(page.locator(".page-head .badge")).to_have_text("Done", timeout=60_000)
    cells = page.locator("#search-0 td").all_inner_texts()
    assert [int(text) for text in cells[:3]] == [_PICTURES] * 3
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".tile")).to_have_count(_PICTURES)
    press(page, "j")
    press(page, "Enter")
    expect(page.locator(".credit")).to_contain_text("by Ada Crowd, CC BY 4.0")
    expect(page.locator("#sheet img")).to_be_visible()
    _remove(visitor)
    visitor.goto("/library?licence=CC+BY+4.0")
    expect(page.locator(".tile")).to_have_count(_PICTURES - 1)
    _repeat(visitor)
    _look_at_all_sizes(visitor)


def _request_crawl(visitor: Visitor, web: LocalWeb) -> None:
    page = visitor.page
    page.get_by_role("button", name="Add a phrase").click()
    expect(page.locator(".phrase")).to_have_count(4)
    expect(page.locator(".phrase input").last).to_be_focused()
    page.locator("summary", has_text="Or by address").click()
    page.get_by_label("Whole sites").fill(f"{web.address}/site/page0.html")
    page.get_by_label("New photos for each").fill(str(_PICTURES))
    page.get_by_role("button", name="Start the crawl").click()
    page.wait_for_url("**/jobs/*")


def _remove(visitor: Visitor) -> None:
    page, site = visitor.page, visitor.site
    page.get_by_role("link", name="Remove this photo").click()
    expect(page.get_by_role("heading", name="This would be removed")).to_be_visible()
    page.get_by_label("Reason, for the record").fill("Asked by its owner")
    page.get_by_role("button", name="Remove 1 photo").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_url("**/jobs/*")
    with _working(site, _newest_job(site)):
        expect(page.locator(".page-head .badge")).to_have_text("Done", timeout=60_000)
    expect(page.get_by_text("Asked by its owner")).to_be_visible()


def _repeat(visitor: Visitor) -> None:
    page = visitor.page
    visitor.goto("/jobs/1")
    page.get_by_role("link", name="Schedule…").click()
    page.get_by_role("button", name="Mondays at 6").click()
    expect(page.locator("#preview")).to_contain_text("on Monday")
    page.get_by_role("button", name="Add the schedule").click()
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url("**/jobs/*")
    assert _newest_job(visitor.site) == 3


def _look_at_all_sizes(visitor: Visitor) -> None:
    """No page is wider than the screen."""
    with visitor.site.database.read() as rows:
        photo_id = rows.scalars(select(Photo.id)).first()
    pages = ("/crawls/new", "/jobs/1", "/jobs/2", "/library", f"/library/photos/{photo_id}", "/schedules/1",
             "/library/remove?by=host&value=x.example", "/schedules", "/schedules/new?job=1")  # fmt: skip
    for width in (1280, 390):
        visitor.page.set_viewport_size({"width": width, "height": 844})
        for path in pages:
            visitor.goto(path)
            assert visitor.overflow() <= 0, (path, width)
