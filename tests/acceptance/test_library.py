"""The library in a real browser: choosing photos by mouse and keys, and coming back to the same place."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.database import read_clock
from core.library.selection.model import LibrarySelection
from core.predict.job_kind import PREDICT
from models import Job, Photo, Source, SourceKind
from tests.acceptance.live_pages import Site, press, running_site, visiting

pytestmark = pytest.mark.browser

_PHOTOS = 150


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """150 photos in three pages; every second is from b.example."""
    with running_site(tmp_path) as site:
        Image.new("RGB", (64, 48), "teal").save(site.photos / "one.png")
        with site.database.write() as rows:
            now = read_clock(rows)
            for number in range(_PHOTOS):
                photo = Photo(
                    sha256=f"{number:064x}", bytes=1, width=64, height=48, format="PNG", created_at=now
                )
                rows.add(photo)
                rows.flush()
                place = f"https://b.example/{number}.png".encode()
                rows.add(
                    Source(
                        photo_id=photo.id, kind=SourceKind.CRAWL, location=place, name=place.decode(),
                        location_sha256=hashlib.sha256(place).digest(), created_at=now,
                        host=("a.example", "b.example")[number % 2],
                    )
                )  # fmt: skip
        yield site


def _count(page: Page) -> str:
    return page.locator("[data-choice-count]").inner_text()


def _chosen(page: Page) -> list[int]:
    boxes = page.locator("input[name=ids]:checked").evaluate_all("all => all.map((box) => Number(box.value))")
    return sorted(boxes)


def test_choosing_and_coming_back(browser: Browser, site: Site) -> None:
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/library")
        expect(page.get_by_role("button", name="Find faces and label masks")).to_be_disabled()
        _by_keys(page)
        _by_mouse(page)
        _over_pages(page)
        _back_to_the_same_place(page)
        _everything_that_matches(page, site)
        # The files of these photos do not exist.
        assert all("Failed to load resource" in complaint for complaint in visitor.complaints), (
            visitor.complaints
        )


def _by_keys(page: Page) -> None:
    press(page, "ArrowRight")
    press(page, "x")
    assert (_chosen(page), _count(page)) == ([150], "1 photo chosen")
    press(page, "Shift+ArrowRight")
    press(page, "Shift+ArrowRight")
    assert _chosen(page) == [148, 149, 150]
    press(page, "ArrowRight")
    press(page, "ArrowRight")
    press(page, "Shift+X")
    assert _chosen(page) == [146, 147, 148, 149, 150]
    press(page, "x")
    assert _chosen(page) == [147, 148, 149, 150]
    press(page, "Escape")
    assert _chosen(page) == []


def _by_mouse(page: Page) -> None:
    boxes = page.locator("input[name=ids]")
    boxes.nth(2).click()
    boxes.nth(8).click(modifiers=["Shift"])
    assert _chosen(page) == list(range(142, 149))
    press(page, "x")
    assert _chosen(page) == list(range(143, 149)), "the keys work at the tile that was clicked"


def _over_pages(page: Page) -> None:
    press(page, "]")
    page.wait_for_url("**before=91")
    press(page, "a")
    assert _count(page) == "66 photos chosen, 6 of them on other pages"
    press(page, "a")
    assert _count(page) == "6 photos chosen, 6 of them on other pages"


#: How far the tile is from the upper edge of the screen.
_TOP = "document.querySelector('#photo-40').getBoundingClientRect().top"


def _top(page: Page) -> float:
    return float(page.evaluate(_TOP))


def _back_to_the_same_place(page: Page) -> None:
    page.locator("#photo-40").scroll_into_view_if_needed()
    place = _top(page)
    assert page.evaluate("scrollY") > 0
    page.locator("#photo-40").click()
    page.wait_for_url("**/library/photos/40")
    press(page, "Escape")
    page.wait_for_url("**before=91#photo-40")
    expect(page.locator("#photo-40")).to_be_focused()
    page.wait_for_function(f"(place) => Math.abs({_TOP} - place) < 3", arg=place)
    assert _count(page) == "6 photos chosen, 6 of them on other pages"


def _everything_that_matches(page: Page, site: Site) -> None:
    page.get_by_label("Name").fill("/14")
    press(page, "Enter")
    page.wait_for_url("**name=*")
    expect(page.locator(".page-head__sub")).to_contain_text("11 photos: name with “/14”")
    page.get_by_label("All 11 that match").check()
    expect(page.locator("input[name=ids]").first).to_be_disabled()
    page.get_by_role("button", name="Find faces and label masks").click()
    page.wait_for_url("**/jobs/*")
    with site.database.read() as rows:
        job = rows.scalars(select(Job)).one()
        assert PREDICT.options_of(job).selection == LibrarySelection(name="/14")
