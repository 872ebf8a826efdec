"""Photos of the library for programs: by filters and cursor, one photo, its files, its boxes."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core.database import Database, read_clock
from models import Photo, Scope
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job_id(database: Database, photos: Path) -> int:
    return add_finished_job(database, photos)


def _all(call: Call, query: str = "") -> list[int]:
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&after={cursor}" if cursor else ""
        page = call("GET", f"/photos?limit=4{query}{after}").get_json()
        seen += [photo["id"] for photo in page["photos"]]
        cursor = page["next"]
    return seen


def test_the_library_is_listed_newest_first_by_its_filters(
    call: Call, database: Database, job_id: int
) -> None:
    assert _all(call) == list(range(10, 0, -1))
    assert _all(call, "&ids=3,5") == [5, 3]
    assert _all(call, f"&job={job_id}") == list(range(10, 0, -1))
    assert _all(call, "&label=not_searched") == list(range(10, 0, -1))
    assert _all(call, "&name=photo-0001") == [2]
    assert _all(call, "&host=nowhere.example") == []
    for query, code in (
        ("since=never", "selection_invalid"),
        ("ids=x", "selection_invalid"),
        ("label=blue", "request_invalid"),
        ("colour=red", "request_invalid"),
        ("after=7", "cursor_invalid"),
    ):
        assert code_of(call("GET", f"/photos?{query}")) == code, query


def test_one_photo_is_read_with_its_sources_and_files(call: Call, job_id: int, photos: Path) -> None:
    photo = call("GET", "/photos/1").get_json()
    path = photos / "day/photo-0000.jpg"
    assert photo["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [source["kind"] for source in photo["sources"]] == ["folder"]
    with call("GET", "/photos/1/file") as answer:
        assert (answer.data, answer.mimetype) == (path.read_bytes(), "image/jpeg")
        tag = answer.headers["ETag"]
    with call("GET", "/photos/1/file", headers={"Range": "bytes=2-9", "If-Range": tag}) as answer:
        assert (answer.status_code, answer.data) == (206, path.read_bytes()[2:10])
    assert call("GET", "/photos/1/file", headers={"If-None-Match": tag}).status_code == 304
    with call("GET", "/photos/1/thumbnail") as answer:
        assert answer.data.startswith(b"\xff\xd8\xff")
    for address in ("", "/file", "/thumbnail", "/faces"):
        answer = call("GET", f"/photos/99{address}")
        assert (answer.status_code, code_of(answer)) == (404, "photo_not_found")


def test_a_photo_that_is_gone_says_so(call: Call, database: Database, job_id: int, photos: Path) -> None:
    (photos / "day/photo-0001.jpg").unlink()
    answer = call("GET", "/photos/2/file")
    assert (answer.status_code, code_of(answer)) == (410, "file_gone")
    with database.write() as rows:
        rows.get_one(Photo, 1).erased_at = read_clock(rows)
    for address in ("/photos/1/file", "/photos/1/thumbnail", "/faces/1/crop"):
        answer = call("GET", address)
        assert (answer.status_code, code_of(answer)) == (410, "photo_erased")


def _edit(call: Call, kind: str, **more: Any) -> Any:
    given = {"kind": kind} | more
    if kind not in ("undo", "redo"):
        given.setdefault("key", str(uuid.uuid4()))
    return call("POST", "/photos/1/edits", json=given)


def test_boxes_are_drawn_labelled_removed_and_undone(
    app: Flask, call: Call, database: Database, job_id: int
) -> None:
    before = call("GET", "/photos/1/faces").get_json()
    assert (len(before["faces"]), before["boxed"]) == (1, False)
    key = str(uuid.uuid4())
    box = [1.0, 1.0, 12.0, 12.0]
    for _ in range(2):
        drawn = _edit(call, "draw", box=box, key=key)
        assert drawn.status_code == 200 and len(drawn.get_json()["faces"]) == 2, "applied once"
    face = next(each for each in drawn.get_json()["faces"] if each["ref"] == key)
    assert (face["drawn"], face["box"]) == (True, box)
    labelled = _edit(call, "label", face=key, label="incorrect").get_json()
    assert [each["label"] for each in labelled["faces"] if each["ref"] == key] == ["incorrect"]
    removed = _edit(call, "remove", face=key).get_json()
    assert len(removed["faces"]) == 1
    undone = _edit(call, "undo", edit=removed["undoable"][-1]).get_json()
    assert len(undone["faces"]) == 2
    assert _edit(call, "boxed").get_json()["boxed"] is True
    twice = _edit(call, "boxed")
    assert (twice.status_code, code_of(twice)) == (409, "boxes_changed")
    read = caller(app, new_token(database, Scope.READ))
    assert code_of(_edit(read, "boxed")) == "scope_missing"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "paint"}, "request_invalid"),
        ({"kind": "draw", "box": [1, 2, 3]}, "request_invalid"),
        ({"kind": "draw", "key": "x", "box": [1, 2, 3, 4]}, "edit_malformed"),
        ({"kind": "label", "face": "1"}, "edit_malformed"),
        ({"kind": "undo", "edit": "nothing"}, "edit_not_found"),
        ({"kind": "boxed", "colour": 1}, "request_invalid"),
    ],
)
def test_an_edit_that_is_not_understood_is_a_problem(
    call: Call, job_id: int, body: dict[str, Any], code: str
) -> None:
    assert code_of(call("POST", "/photos/1/edits", json=body)) == code
