"""report.html, read back with html.parser."""

import os
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from sqlalchemy import case, update

from core.database import Database
from core.errors import InputError
from core.results.reports import thumbnails
from core.results.reports.rows import PhotoRow
from core.results.reports.thumbnails import HEIGHT, WIDTH, draw_region
from core.settings import Settings
from models import JobPhoto, Label, ReportFormat
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.unit.results.reports.made_job import INDETERMINATE, WITH_MASK, MadePhoto, add_job, write
from tests.unit.results.reports.test_summary import make_face, make_row

_VOID = {"meta", "img", "rect", "line", "link", "br"}


class _Page(HTMLParser):
    """Text, elements and addresses; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "style"}]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _page(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


def test_sums_charts_errors_and_classifier(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    path = write(made_db, mixed_job, ReportFormat.HTML, tmp_path, open_bytes=lambda _row: jpeg).path
    page = _page(path)
    for words in (
        "Photos read 5 of 7 files", "Faces 7 in 4 photos", "No face found 1 20.0% of photos read",
        "Could not be read 2 28.6% of files", "With mask 3 42.9% of faces", "Indeterminate 1 14.3% of faces",
        "photo_truncated 1 broken.jpg It is photo_truncated.", "mask 1", "Mean AP, three labels 0.71",
        "AP incorrect 0.500 of 31 faces", "Mean AP, mask or none 0.800 (0.750 to 0.850)",
        "Accuracy on single faces 0.956 of 1,234 faces",
        "owner-Entrance", "What these numbers cannot say", "doubt.jpg most likely with mask, 45%",
    ):  # fmt: skip
        assert words in page.text
    assert page.tags.count("svg") == 3


def test_it_loads_nothing_from_elsewhere(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    path = write(made_db, mixed_job, ReportFormat.HTML, tmp_path, open_bytes=lambda _row: jpeg).path
    page = _page(path)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert page.addresses and all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert "url(" not in path.read_text(encoding="utf-8")


def test_names_and_titles_are_text(made_db: Database, tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>'
    photos = [MadePhoto(name=f"{evil}.jpg", faces=[WITH_MASK]), MadePhoto(name=evil, error="<b>code</b>")]
    page = _page(write(made_db, add_job(made_db, photos, evil), ReportFormat.HTML, tmp_path).path)
    assert not {"script", "b"} & set(page.tags)
    assert f"{evil}.jpg" in page.text


def test_a_photo_that_is_gone_says_why(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    def gone(row: PhotoRow) -> bytes:
        raise InputError("file_gone", "The photo is no longer there.")

    page = _page(write(made_db, mixed_job, ReportFormat.HTML, tmp_path, open_bytes=gone).path)
    assert "img" not in page.tags
    assert "The photo is no longer there." in page.text


def test_the_page_stays_small(made_db: Database, tmp_path: Path) -> None:
    """Fifty photos of pure noise, the worst that a JPEG can be, among many more photos."""
    noise = BytesIO()
    Image.frombytes("RGB", (640, 480), os.urandom(640 * 480 * 3)).save(noise, "JPEG", quality=95)
    job = add_job(made_db, [MadePhoto(name=f"{n}.jpg", faces=[INDETERMINATE]) for n in range(300)])
    written = write(made_db, job, ReportFormat.HTML, tmp_path, open_bytes=lambda _row: noise.getvalue())
    assert written.bytes < 3_000_000
    assert _page(written.path).tags.count("img") > 20


def test_a_spent_budget_leaves_words(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "BUDGET_BYTES", 0)
    page = _page(write(made_db, mixed_job, ReportFormat.HTML, tmp_path, open_bytes=lambda _row: jpeg).path)
    assert "Left out to keep the page small." in page.text


def test_a_thumbnail_shows_the_face(made_db: Database, mixed_job: int) -> None:
    """A face in the corner of a photo of 4000 x 3000 lies inside the picture, at a readable size."""
    big = BytesIO()
    image = Image.new("RGB", (4000, 3000), "black")
    image.paste((255, 0, 0), (3900, 2900, 4000, 3000))
    image.save(big, "JPEG", quality=95)
    face = replace(make_face(0.9), x1=3900, y1=2900, x2=4000, y2=3000)
    photo = replace(make_row(0), width=4000, height=3000, faces=(face,))
    picture = Image.open(BytesIO(draw_region(big.getvalue(), photo, face)))
    assert picture.size == (WIDTH, HEIGHT)
    red, green, _ = picture.convert("RGB").getpixel((WIDTH - 20, HEIGHT - 20))  # type: ignore[misc]
    assert red > 200 and green < 60


def test_shares_of_folders_stand_beside_why_they_have_no_interval(
    made_db: Database, mixed_job: int, tmp_path: Path
) -> None:
    text = _page(write(made_db, mixed_job, ReportFormat.HTML, tmp_path).path).text
    assert "Shares among people" in text and "No corrected share: no audited faces" in text
    assert "By folder" in text and "a 1 2 50.0%" in text
    assert "95% interval" not in text


@pytest.mark.browser
def test_a_phone_shows_shares_and_intervals_without_scrolling_sideways(
    db: Database, settings: Settings, tmp_path: Path, chromium: str
) -> None:
    job = AuditedJob(db, settings, [SURE, BARE] * 40)
    job.review(job.draw(80), lambda face: Label.WITH_MASK if face % 2 else Label.WITHOUT_MASK)
    with db.write() as rows:
        name = case((JobPhoto.position < 40, "north gate/" + JobPhoto.name), else_="south/" + JobPhoto.name)
        rows.execute(update(JobPhoto).values(name=name))
    path = write(db, job.id, ReportFormat.HTML, tmp_path).path
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(path.as_uri())
        assert page.locator("td[data-name='95% interval']").count() == 3 + 2
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        browser.close()
    assert wide == 390


@pytest.mark.browser
def test_it_prints_without_a_cut_chart(made_db: Database, tmp_path: Path, chromium: str) -> None:
    """Where a page ends, no chart, table row or picture with its name stands across."""
    photos = [MadePhoto(name=f"{n % 9}/{n}.jpg", faces=[INDETERMINATE, WITH_MASK]) for n in range(60)]
    photos += [MadePhoto(name=f"broken {n}.jpg", error=f"code_{n}") for n in range(25)]
    path = write(made_db, add_job(made_db, photos), ReportFormat.HTML, tmp_path).path
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        rules = page.evaluate(
            """() => Object.fromEntries(['.chart', '.charts', '.look', '.sums', '.whole', 'tr', 'h2'].map(
                name => [name, ['breakInside', 'breakAfter'].map(
                    rule => getComputedStyle(document.querySelector(name))[rule]).join(' ')]))"""
        )
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.chart text')].filter(text => {
                const box = text.getBoundingClientRect();
                const chart = text.ownerSVGElement.getBoundingClientRect();
                return box.left < chart.left || box.right > chart.right;
            }).map(text => text.textContent)"""
        )
        wide = page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        pdf = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert {name: rule.split()[0] for name, rule in rules.items() if name != "h2"} == dict.fromkeys(
        (".chart", ".charts", ".look", ".sums", ".whole", "tr"), "avoid"
    )
    assert rules["h2"] == "auto avoid"
    assert cut == []
    assert wide and pdf.count(b"/Type /Page\n") >= 3
