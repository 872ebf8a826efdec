"""The duplicate pages in a real browser: the difference is drawn, and every action works by keyboard."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect

from core.database import read_clock
from core.dedup.similar import SimilarPair
from core.dedup.store import group_similar
from core.library.fingerprints.photo_hashes import NEAR_DISTANCE
from models import Photo, Source, SourceKind
from tests.acceptance.live_pages import Site, press, running_site, visiting
from tests.unit.dedup.rows import DETAIL, add_job, group, groups, hidden

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


def add_photo(site: Site, picture: Image.Image, *, flips: int) -> None:
    path = site.photos / f"{flips}-{picture.width}.png"
    picture.save(path)
    data = path.read_bytes()
    with site.database.write() as rows:
        now = read_clock(rows)
        photo = Photo(
            sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), width=picture.width,
            height=picture.height, format="PNG", phash=DETAIL ^ ((1 << flips) - 1), dhash=0, created_at=now,
        )  # fmt: skip
        rows.add(photo)
        rows.flush()
        place = str(path).encode()
        rows.add(
            Source(
                photo_id=photo.id, kind=SourceKind.FOLDER, location=place, name=str(path),
                location_sha256=hashlib.sha256(place).digest(), created_at=now,
            )
        )  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A portrait with a copy that is marked in one corner, a small copy, and another pair."""
    with running_site(tmp_path) as site:
        whole = Image.open(ROOT / "core" / "samples" / "astronaut.jpg").convert("RGB")
        marked = whole.copy()
        ImageDraw.Draw(marked).rectangle((0, 0, whole.width // 4, whole.height // 4), fill="red")
        add_photo(site, whole, flips=0)
        add_photo(site, marked, flips=4)
        add_photo(site, whole.resize((whole.width // 2, whole.height // 2)), flips=1)
        add_photo(site, whole.transpose(Image.Transpose.FLIP_LEFT_RIGHT), flips=40)
        add_photo(site, marked.transpose(Image.Transpose.FLIP_LEFT_RIGHT), flips=46)
        group(site.database, add_job(site.database))
        yield site


def test_two_groups_are_reviewed_by_keyboard(browser: Browser, site: Site) -> None:
    assert groups(site.database) == {1: {2, 3}, 4: {5}}
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/duplicates")
        press(page, "j")
        press(page, "Enter")
        expect(page.locator("h1")).to_have_text("3 photos of one picture")
        page.wait_for_load_state()
        press(page, "d")
        words = page.locator("#difference-words")
        expect(words).to_contain_text("differs visibly")
        assert float(words.inner_text().split("%")[0].lstrip("<")) < 3, (
            "the small copy differs by resizing alone"
        )
        press(page, "ArrowRight")
        expect(page.locator('.member[aria-current="true"]')).to_contain_text("96.8%")
        expect(words).to_contain_text("differs visibly")
        assert 3 < float(words.inner_text().split("%")[0].lstrip("<")) < 15, "the mark covers a sixteenth"
        colours = "c => { const d = c.getContext('2d').getImageData(3, 3, 1, 1).data; return d[0] - d[2]; }"
        assert page.locator("#canvas").evaluate(colours) > 100, "what differs is orange"
        press(page, "n")
        expect(page.locator(".notice--undo")).to_contain_text("not the same picture")
        assert groups(site.database) == {1: {3}, 4: {5}}
        press(page, "u")
        expect(page.locator(".members li")).to_have_count(2)
        assert groups(site.database) == {1: {2, 3}, 4: {5}}
        press(page, "h")
        expect(page.locator(".notice--undo")).to_contain_text("are hidden")
        assert hidden(site.database) == {2, 3}
        press(page, "h")
        expect(page.locator(".blank__title")).to_have_text("All groups are reviewed")
        assert hidden(site.database) == {2, 3, 5}
        press(page, "u")
        expect(page.locator("h1")).to_have_text("2 photos of one picture")
        assert hidden(site.database) == {2, 3}
        press(page, "c")
        expect(page.locator(".side__text").first).to_contain_text("46-")
        assert groups(site.database) == {1: {2, 3}, 5: {4}}
        assert visitor.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(browser: Browser, site: Site, scheme: str) -> None:
    similar = SimilarPair(first_id=1, second_id=4, cosine=0.734)
    with site.database.write() as rows:
        group_similar(rows, [similar], [], distance=NEAR_DISTANCE, job_id=1)
    with visiting(
        browser,
        site,
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
        is_mobile=True,
        has_touch=True,
    ) as visitor:
        group = "/duplicates/2?photo=1"
        for path in ("/duplicates", "/duplicates?show=hidden", group, "/jobs/1", "/jobs/new/faces"):
            visitor.goto(path)
            assert visitor.overflow() == 0, path
        visitor.goto(group)
        expect(visitor.page.locator('.member[aria-current="true"]')).to_contain_text("cosine 0.73")
        visitor.page.get_by_role("radio", name="Alternate").check()
        expect(visitor.page.locator("#difference-words")).to_have_text("The other")
        assert visitor.overflow() == 0
        assert visitor.complaints == []
