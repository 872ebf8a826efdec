"""The library, the page of a photo, and removals."""

import re

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from core.database import Database
from core.library.selection.model import LibrarySelection
from core.predict.job_kind import PREDICT
from core.removal.job_kind import REMOVE
from core.settings import Settings
from models import Decision, Face, Job, Photo, Prediction, Takedown
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
    refused = browser.get("/library?kind=nonsense")
    assert refused.status_code == 400 and "selection_invalid" in refused.text, "it does not show everything"


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


def test_the_page_says_how_many_match(browser: Browser, web_photos: list[int]) -> None:
    assert "3 photos, newest first" in browser.get("/library").text
    page = browser.get("/library?licence=CC+BY+2.0&label=with_mask").text
    assert "2 photos: with mask, licence CC BY 2.0" in page and "All 2 that match" in page


def test_chosen_photos_are_predicted(browser: Browser, database: Database, web_photos: list[int]) -> None:
    answer = browser.post("/library/selected/predict", data={"ids": web_photos[:2], "licence": "CC BY 2.0"})
    every = browser.post("/library/selected/predict", data={"all": "1", "licence": "CC BY 2.0"})
    with database.read() as rows:
        jobs = rows.scalars(select(Job).order_by(Job.id)).all()
        assert [PREDICT.options_of(job).selection for job in jobs] == [
            LibrarySelection(photos=tuple(web_photos[:2])),
            LibrarySelection(licence="CC BY 2.0"),
        ]
    assert (answer.location, every.location) == tuple(f"/jobs/{job.id}" for job in jobs)
    page = browser.get(answer.location).text
    assert "Library: 2 chosen photos" in page and "/schedules/new?job=" in page


@pytest.mark.parametrize("act", ["/library/selected/predict", "/exchange/selected"])
def test_nothing_chosen_is_not_everything(
    browser: Browser, database: Database, web_photos: list[int], act: str
) -> None:
    form = {"licence": "CC BY 2.0", "back": "/library?licence=CC+BY+2.0"}
    answer = browser.post(act, data=form)
    assert answer.location == form["back"]
    assert "Choose photos first" in browser.get(answer.location).text
    assert "Choose photos first" in browser.post("/library/remove/plan", data=form).text
    bad = browser.post("/library/selected/predict", data={"all": "1", "kind": "nonsense"})
    assert "not valid" in browser.get(bad.location).text
    with database.read() as rows:
        assert rows.scalars(select(Job)).all() == []


def test_chosen_photos_are_removed_after_a_dry_run(
    browser: Browser, database: Database, web_settings: Settings, web_photos: list[int]
) -> None:
    plan = browser.post("/library/remove/plan", data={"ids": web_photos[:2]}).text
    assert "This would be removed: 2 chosen photos" in plan and "Remove 2 photos" in plan
    form = plan.split('action="/library/remove" data-confirm')[1]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    answer = browser.post("/library/remove", data=MultiDict(fields))
    run_batches(database, web_settings, HANDLERS)
    page = browser.get(answer.location).text
    assert "Remove 2 chosen photos" in page
    with database.read() as rows:
        assert rows.scalars(select(Photo.id)).all() == web_photos[2:]
        assert rows.scalars(select(Takedown)).one().photos == 2
    assert "Selection 2 chosen photos" in browser.get("/library/remove").text


def test_the_dry_run_of_chosen_photos_leads_on_and_back(browser: Browser, web_photos: list[int]) -> None:
    form = {"ids": web_photos[:2], "back": "/library?kind=crawl"}
    page = browser.post("/library/remove/plan", data=form).text
    assert 'class="crumbs"><a href="/library?kind=crawl"' in page
    assert '<form class="panel" method="get" action="/library/remove">' in page
    away = browser.post("/library/remove/plan", data=form | {"back": "https://evil.example/"}).text
    assert 'class="crumbs"><a href="/library"' in away


def test_all_that_match_are_removed(
    browser: Browser, database: Database, web_settings: Settings, web_photos: list[int]
) -> None:
    plan = browser.post("/library/remove/plan", data={"all": "1", "licence": "unknown"}).text
    assert "Remove 1 photo" in plan
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', plan.split("data-confirm")[1])
    browser.post("/library/remove", data=MultiDict(fields))
    run_batches(database, web_settings, HANDLERS)
    with database.read() as rows:
        assert rows.scalars(select(Photo.id)).all() == [web_photos[0], web_photos[2]]


def test_a_photo_keeps_the_filter_for_its_neighbours_and_the_way_back(
    browser: Browser, web_photos: list[int]
) -> None:
    grid = browser.get("/library?licence=CC+BY+2.0").text
    address = f"/library/photos/{web_photos[0]}?licence=CC+BY+2.0"
    assert address in grid
    page = browser.get(address).text
    assert f"/library/photos/{web_photos[2]}?licence=CC+BY+2.0" in page, "the photo between does not match"
    assert f"/library/photos/{web_photos[1]}" not in page
    back = re.search(r'href="(/library\?[^"]+)" data-key-back', page)
    assert back is not None
    returned = browser.get(back[1].replace("&amp;", "&").split("#")[0]).text
    assert f'id="photo-{web_photos[0]}"' in returned and f'id="photo-{web_photos[1]}"' not in returned


def test_a_face_without_a_label_is_not_labelled_yet(
    browser: Browser, database: Database, web_photos: list[int]
) -> None:
    """An uncertain prediction is indeterminate; no prediction is something else."""
    with database.write() as rows:
        faces = rows.scalars(select(Face.id).where(Face.photo_id == web_photos[0])).all()
        rows.execute(delete(Decision).where(Decision.face_id.in_(faces)))
        rows.execute(delete(Prediction).where(Prediction.face_id.in_(faces)))
    page = browser.get(f"/library/photos/{web_photos[0]}").text.split('class="photo"')[1]
    assert page.count("Not labelled yet") >= 4, "in the list and at the box"
    assert "ndeterminate" not in page and "box--not_labelled" in page
    assert "1 photo: not labelled yet" in browser.get("/library?label=not_labelled").text
