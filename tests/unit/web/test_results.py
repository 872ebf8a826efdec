"""The grid, its filters, and one photo."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from core.detection.photo import PhotoNote
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from models import Face, Label, Photo
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job


def _names(text: str) -> list[str]:
    return re.findall(r'tile__name">day/photo-(\d+)', text)


def test_filters(browser: Browser, job_id: int, subtests: pytest.Subtests) -> None:
    for query, positions in (
        ("", range(12)),
        ("?show=with_mask", (0, 6)),
        ("?show=without_mask", (1, 7)),
        ("?show=incorrect", (2, 8)),
        ("?show=indeterminate", (3, 9)),
        ("?show=no_face", (4, 10)),
        ("?show=failed", (5, 11)),
        ("?show=failed&error=photo_truncated", (5, 11)),
        ("?show=failed&error=empty_file", ()),
        ("?below=0.8", (2, 3, 8, 9)),
        ("?below=0.8&show=incorrect", (2, 8)),
    ):
        with subtests.test(query):
            text = browser.get(f"/jobs/{job_id}/results{query}").text
            assert [int(name) for name in _names(text)] == list(positions)
            assert ("No matching photos" in text) == (not positions)


def test_an_unknown_filter(browser: Browser, job_id: int, subtests: pytest.Subtests) -> None:
    for query in ("?show=nonsense", "?below=x", "?below=2", "?below=nan"):
        with subtests.test(query):
            answer = browser.get(f"/jobs/{job_id}/results{query}")
            assert (answer.status_code, "filter_invalid" in answer.text) == (400, True)


def test_paging_forward_and_back(browser: Browser, app: Flask, database: Database, photos) -> None:
    job_id = add_finished_job(database, photos, photos=130)
    seen, address, addresses = [], f"/jobs/{job_id}/results", []
    while address:
        text = browser.get(address).text
        addresses.append(address)
        seen += [int(name) for name in _names(text)]
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == list(range(130))
    back = re.search(r'rel="prev" href="([^"]+)"', browser.get(addresses[2]).text)
    assert [int(name) for name in _names(browser.get(back[1]).text)] == list(range(60, 120))
    assert 'rel="prev"' not in browser.get(addresses[0]).text


def test_a_note_is_on_the_tile_and_on_the_pages_of_the_photo(
    browser: Browser, database: Database, job_id: int
) -> None:
    with database.write() as rows:
        rows.get_one(Photo, 1).notes = [PhotoNote.DARK]
        rows.get_one(Photo, 1).frames = 3
    note = "first of 3 frames; dark throughout: faces may be missed"
    for page in (f"/jobs/{job_id}/results", f"/jobs/{job_id}/results/0", "/library/photos/1"):
        assert browser.get(page).text.count(f">{note}<") == 1, page
    assert note not in browser.get(f"/jobs/{job_id}/results/1").text


def test_boxes_are_drawn_on_the_photo(browser: Browser, job_id: int) -> None:
    text = browser.get(f"/jobs/{job_id}/results/1").text
    assert 'viewBox="0 0 600 400"' in text
    assert 'class="box box--without_mask"' in text
    assert 'x="200.0" y="100.0" width="120.0" height="150.0"' in text
    assert "0.900" in text


def test_neighbours_keep_the_filter(browser: Browser, job_id: int) -> None:
    text = browser.get(f"/jobs/{job_id}/results/6?show=with_mask").text
    assert f'href="/jobs/{job_id}/results/0?show=with_mask"' in text
    assert 'rel="next"' not in text


def test_a_photo_that_could_not_be_read_says_why(browser: Browser, job_id: int) -> None:
    text = browser.get(f"/jobs/{job_id}/results/5").text
    assert "The file ends before the picture does." in text
    assert "photo_truncated" in text
    assert browser.get(f"/jobs/{job_id}/results/99").status_code == 404


def _decide(database: Database, photo_id: int, label: Label) -> None:
    with database.write() as rows:
        [face_id] = rows.scalars(select(Face.id).where(Face.photo_id == photo_id)).all()
        decide_face(rows, face_id, label, Origin(account_id=None, queue="results"))


def test_a_face_that_a_person_took_for_none_is_nowhere_but_on_its_photo(
    browser: Browser, database: Database, job_id: int
) -> None:
    """It was still drawn as "incorrect" in the grid, found by the filter, and counted by the card."""
    _decide(database, 3, Label.NOT_A_FACE)
    grid = browser.get(f"/jobs/{job_id}/results?show=incorrect").text
    assert _names(grid) == ["0008"]
    assert 'Incorrect</span><span class="chip__count">1 face<' in grid
    assert 'No face</span><span class="chip__count">3 photos<' in grid
    assert _names(browser.get(f"/jobs/{job_id}/results?show=no_face").text) == ["0002", "0004", "0010"]
    assert "box--not_a_face" not in browser.get(f"/jobs/{job_id}/results").text
    photo = browser.get(f"/jobs/{job_id}/results/2").text
    assert "Not a face ✓" in photo and "data-face-count>No face<" in photo
    job = browser.get(f"/jobs/{job_id}").text
    assert re.search(r"Incorrect</a></th>.*?bars__count\">1 face<", job, re.S)


def test_the_switch_to_predicted_labels_stays_in_every_address(
    browser: Browser, database: Database, job_id: int
) -> None:
    _decide(database, 3, Label.NOT_A_FACE)
    grid = browser.get(f"/jobs/{job_id}/results?show=incorrect&labels=predicted").text
    assert _names(grid) == ["0002", "0008"]
    assert 'Incorrect</span><span class="chip__count">2 faces<' in grid
    links = re.findall(rf'href="(/jobs/{job_id}/results[^"]*)"', grid)
    without = [link for link in links if "labels=predicted" not in link]
    assert without == [f"/jobs/{job_id}/results?show=incorrect"]
    assert '<input type="hidden" name="labels" value="predicted">' in grid
    photo = browser.get(f"/jobs/{job_id}/results/2?show=incorrect&labels=predicted").text
    assert 'class="box box--incorrect"' in photo and "switch to Final" in photo
    job = browser.get(f"/jobs/{job_id}?labels=predicted").text
    assert re.search(r"Incorrect</a></th>.*?bars__count\">2 faces<", job, re.S)


def test_counts_stand_only_beside_filters_that_find_what_they_count(browser: Browser, job_id: int) -> None:
    narrowed = browser.get(f"/jobs/{job_id}/results?below=0.8").text
    assert 'Incorrect</span><span class="chip__count">' not in narrowed
    assert 'Failed</span><span class="chip__count">2 photos<' in narrowed
