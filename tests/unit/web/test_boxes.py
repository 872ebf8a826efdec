"""Views of the box editor: edits, errors, pages, export."""

import json
import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from models import BoxEdit
from tests.rows import add_predict_job
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job

_EDITS = "/boxes/photos/2/edits"


def _draw(**changes: object) -> dict[str, object]:
    return {"key": str(uuid.uuid4()), "kind": "draw", "box": [10, 20, 50, 80]} | changes


def test_an_edit_returns_the_current_boxes(browser: Browser, job_id: int) -> None:
    sent = _draw()
    state = browser.post(_EDITS, json=sent).json
    assert [face["box"] for face in state["faces"]] == [[200, 100, 320, 250], [10, 20, 50, 80]]
    assert [face["ref"] for face in state["faces"]] == ["2", sent["key"]]
    assert state["undoable"] == [sent["key"]]
    assert browser.get("/boxes/photos/2/faces").json == state
    undone = browser.post(_EDITS, json={"kind": "undo", "edit": sent["key"]}).json
    assert (len(undone["faces"]), undone["undoable"]) == (1, [])
    assert len(browser.post(_EDITS, json={"kind": "redo", "edit": sent["key"]}).json["faces"]) == 2


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ("nonsense", 400, "edit_malformed"),
        ({"kind": "draw"}, 400, "edit_malformed"),
        (_draw(box=[5, 5, 5, 5]), 400, "box_invalid"),
        ({"key": str(uuid.uuid4()), "kind": "remove", "face": "99"}, 409, "boxes_changed"),
        ({"kind": "undo", "edit": "no such"}, 404, "edit_not_found"),
    ],
)
def test_invalid_edits_are_refused(
    browser: Browser, job_id: int, sent: object, status: int, code: str
) -> None:
    answer = browser.post(_EDITS, json=sent)
    assert (answer.status_code, code in answer.text) == (status, True)


def test_requests_without_session_or_token_change_nothing(
    browser: Browser, app: Flask, database: Database, job_id: int
) -> None:
    assert app.test_client().post(_EDITS, json=_draw()).status_code in (400, 401)
    assert "csrf_failed" in browser.client.post(_EDITS, json=_draw()).text
    with database.read() as rows:
        assert rows.scalars(select(BoxEdit)).all() == []


def test_an_unknown_photo_is_not_found(browser: Browser) -> None:
    assert browser.get("/boxes/photos/99").status_code == 404
    assert browser.post("/boxes/photos/99/edits", json=_draw()).status_code == 404


def test_the_page_links_to_the_previous_and_the_next_unboxed_photo(
    browser: Browser, database: Database, job_id: int
) -> None:
    for photo_id in (3, 4):
        browser.post(f"/boxes/photos/{photo_id}/edits", json={"key": str(uuid.uuid4()), "kind": "boxed"})
    text = browser.get(f"/boxes/photos/2?job={job_id}&position=1").text
    assert f'href="/boxes/photos/5?job={job_id}&amp;position=4" rel="next"' in text
    assert f'href="/boxes/photos/1?job={job_id}&amp;position=0" rel="prev"' in text
    last = browser.get(f"/boxes/photos/10?job={job_id}&position=10").text
    assert f'href="/boxes/photos/1?job={job_id}&amp;position=0" rel="next"' in last


def test_names_are_escaped(browser: Browser, database: Database, job_id: int) -> None:
    page = browser.get("/boxes/photos/2?back=//evil.example/").text
    assert "evil.example" not in page
    state = re.search(r'data-state="([^"]*)"', page)
    assert json.loads(state[1].replace("&#34;", '"'))["boxed"] is False


def test_the_list_shows_unboxed_or_boxed_photos(browser: Browser, job_id: int) -> None:
    browser.post("/boxes/photos/2/edits", json={"key": str(uuid.uuid4()), "kind": "boxed"})
    names = r'tile__name">day/photo-(\d+)'
    to_box = re.findall(names, browser.get("/boxes").text)
    assert [int(name) for name in to_box] == [0, 2, 3, 4, 6, 7, 8, 9, 10]
    assert re.findall(names, browser.get(f"/boxes?job={job_id}&show=boxed").text) == ["0001"]
    assert "No more photos to box" in browser.get(f"/boxes?job={job_id}&after=11").text


def test_the_list_has_pages(browser: Browser, app: Flask, database: Database, photos) -> None:
    add_finished_job(database, photos, photos=130)
    seen, address = [], "/boxes"
    while address:
        text = browser.get(address).text
        seen += [int(name) for name in re.findall(r'tile__name">day/photo-(\d+)', text)]
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == [n for n in range(130) if n % 6 != 5]


def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    assert "No photos yet" in browser.get("/boxes").text


def test_a_job_that_has_read_nothing_yet_says_so(browser: Browser, database: Database) -> None:
    add_predict_job(database, photos=5, batch_photos=5)
    page = browser.get("/boxes").text
    assert "has not read a photo so far" in page and "are marked" not in page


def test_the_earlier_address_of_the_zip_leads_to_the_form(browser: Browser, job_id: int) -> None:
    answer = browser.get(f"/boxes/export/voc.zip?photos=1&faces=eyes&job={job_id}")
    form = browser.get(answer.location).text
    assert re.search(r'checked[^>]*value="voc"', form) and f"job {job_id}" in form
    assert re.search(r'<input checked[^>]*name="boxed_only"', form)
    assert re.search(r'<input checked[^>]*name="photos"', form)
    assert re.search(r'<option selected value="decided"', form) and re.search(
        r'<option selected value="eyes"', form
    )
    without = browser.get(browser.get("/boxes/export/coco.zip").location).text
    assert not re.search(r'<input checked[^>]*name="photos"', without)
    assert browser.get("/boxes/export/tar.zip").status_code == 404


def test_drawn_faces_are_predicted_by_a_job(browser: Browser, job_id: int) -> None:
    nothing = browser.post("/boxes/classify")
    assert nothing.location == "/boxes"
    browser.post(_EDITS, json=_draw())
    assert browser.post("/boxes/classify").location == browser.post("/boxes/classify").location == "/jobs/2"
    assert "Predictions for drawn faces" in browser.get("/jobs/2").text


def test_a_face_that_nobody_can_tell_is_not_asked_about_again(browser: Browser, job_id: int) -> None:
    (face,) = browser.get("/boxes/photos/2/faces").json["faces"]
    assert (face["label"], face["cannot_tell"]) == (None, False)
    browser.post(f"/review/faces/{face['id']}", data={"label": "cannot_tell"})
    (face,) = browser.get("/boxes/photos/2/faces").json["faces"]
    # "All boxed" offers the predictions of faces with neither.
    assert (face["label"], face["cannot_tell"], face["own"]) == (None, True, True)
