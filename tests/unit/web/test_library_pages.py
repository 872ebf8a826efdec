"""The library, the page of a photo, and removals."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from core.removal.job_kind import REMOVE
from core.settings import Settings
from models import Face, Job, Photo, Takedown
from tests.provenance_rows import WebPhoto, add_dataset, add_source, add_web_photo
from tests.unit.web.conftest import Browser
from workers.engine import run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def web_settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


@pytest.fixture
def web_photos(database: Database, web_settings: Settings) -> list[int]:
    with database.write() as rows:
        made = [
            add_web_photo(
                rows, web_settings.data, WebPhoto(number=n, licence=("CC BY 2.0", None)[n % 2]), version_id=1
            )
            for n in range(3)
        ]
        add_dataset(rows, list(rows.scalars(select(Face).where(Face.photo_id == made[0].id))))
        return [photo.id for photo in made]


def test_the_grid_and_its_filters(browser: Browser, web_photos: list[int]) -> None:
    page = browser.get("/library").text
    assert all(f"/library/photos/{photo_id}" in page for photo_id in web_photos)
    assert '<option value="CC BY 2.0">' in page
    narrowed = browser.get("/library?licence=unknown").text
    assert (
        f"/library/photos/{web_photos[1]}" in narrowed and f"/library/photos/{web_photos[0]}" not in narrowed
    )
    assert "No photo matches" in browser.get("/library?host=nobody.example").text
    assert browser.get("/library?kind=nonsense&before=x").status_code == 200


def test_a_photo_shows_its_sources_and_attribution(browser: Browser, web_photos: list[int]) -> None:
    page = browser.get(f"/library/photos/{web_photos[0]}").text
    assert "“Picture 0” by Ada, CC BY 2.0, https://news.example/story" in page
    assert "decided</span>" in page and "90%</span>" in page
    assert f"/library/photos/{web_photos[1]}" in page
    assert browser.get("/library/photos/999").status_code == 404


def test_phrases_that_found_a_photo_in_one_place_are_grouped(
    browser: Browser, database: Database, web_photos: list[int]
) -> None:
    with database.write() as rows:
        add_source(rows, rows.get_one(Photo, web_photos[0]), WebPhoto(number=0, phrase="crowd", licence=None))
    page = browser.get(f"/library/photos/{web_photos[0]}").text
    assert "Another source" not in page
    assert page.count("Found by") == page.count("Also by") == 1
    assert "/library?phrase=face+mask" in page and "/library?phrase=crowd" in page
    plan = browser.get("/library/remove?by=phrase&value=crowd").text
    assert "No photo would be removed" in plan and "Remove the phrase from sources" in plan
    assert "Remove 1 photo" in browser.get("/library/remove?by=phrase&value=crowd&shared=go").text


def test_links_to_other_sites_are_safe(browser: Browser, database: Database, web_photos: list[int]) -> None:
    page = browser.get(f"/library/photos/{web_photos[0]}").text
    assert 'rel="noopener noreferrer"' in page
    assert "javascript:" not in page


def test_a_dry_run_then_the_removal(
    browser: Browser, database: Database, web_settings: Settings, web_photos: list[int]
) -> None:
    plan = browser.get("/library/remove?by=host&value=pictures.example").text
    assert "Remove 3 photos" in plan and "Street" in plan
    with database.read() as rows:
        assert len(rows.scalars(select(Photo)).all()) == 3
    answer = browser.post(
        "/library/remove", data={"by": "host", "value": "pictures.example", "reason": "Asked by Ann"}
    )
    assert answer.status_code == 302
    run_batches(database, web_settings, HANDLERS)
    page = browser.get(answer.location).text
    assert "Removal" in page and "Asked by Ann" in page and "Street" in page
    assert "Run again" not in page and "Schedule…" not in page
    with database.read() as rows:
        assert rows.scalars(select(Photo)).all() == []
        assert rows.scalars(select(Job)).one().kind == REMOVE.name
        assert rows.scalars(select(Takedown)).one().photos == 3
    assert "Asked by Ann" in browser.get("/library/remove").text
    assert browser.get(f"/photos/{web_photos[0]}/thumbnail").status_code == 404


@pytest.mark.parametrize(("by", "value"), [("page", "ftp://x"), ("nonsense", "x"), ("photo", "x")])
def test_invalid_input_is_reported(browser: Browser, by: str, value: str) -> None:
    assert "notice--error" in browser.get(f"/library/remove?by={by}&value={value}").text
    assert browser.post("/library/remove", data={"by": by, "value": value}).status_code == 400
