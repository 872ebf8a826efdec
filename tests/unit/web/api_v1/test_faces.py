"""Faces of jobs by cursor, one face with its decisions, its crop."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from core.accounts import add_account
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from models import Face, JobPhoto, Label, Photo, Prediction, Role, Scope
from tests.cases import in_one_test
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job_id(database: Database, photos: Path) -> int:
    return add_finished_job(database, photos, photos=24)


def _all(call: Call, job_id: int, query: str = "", limit: int = 3) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&after={cursor}" if cursor else ""
        page = call("GET", f"/jobs/{job_id}/faces?limit={limit}{query}{after}").get_json()
        assert len(page["faces"]) <= limit
        seen += page["faces"]
        cursor = page["next"]
    return seen


@in_one_test("limit", [1, 2, 3, 7, 500])
def test_every_face_is_listed_once(call: Call, job_id: int, limit: int) -> None:
    faces = _all(call, job_id, limit=limit)
    assert [face["position"] for face in faces] == [position for position in range(24) if position % 6 < 4]
    assert len({face["face_id"] for face in faces}) == len(faces) == 16
    first = faces[0]
    assert (first["predicted"], first["decided"], first["final"]) == ("with_mask", None, "with_mask")
    assert (first["name"], first["origin"]) == ("day/photo-0000.jpg", "found")
    assert sum(first["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 50])
@pytest.mark.parametrize("query", ["", "&label=with_mask"])
def test_a_photo_with_many_faces_is_cut_by_pages(
    call: Call, database: Database, job_id: int, limit: int, query: str
) -> None:
    """Also where the same bytes under two names are one photo at two positions."""
    with database.write() as rows:
        twice, now = rows.get_one(JobPhoto, 5), read_clock(rows)
        twice.photo_id, twice.faces, twice.with_mask = 1, 5, 3
        for number in range(2, 6):
            face = Face(
                photo_id=1, detector_key="yunet", ordinal=number, x1=number, y1=1, x2=9 + number, y2=9,
                score=0.5, landmarks=[], created_at=now,
            )  # fmt: skip
            rows.add(face)
            rows.flush()
            label = Label.WITH_MASK if number % 2 else Label.INCORRECT
            shares = {each.value: 0.97 if each is label else 0.01 for each in Label}
            rows.add(Prediction(face_id=face.id, classifier_version_id=1, label=label, **shares))
    found = [face for face in _all(call, job_id, query, limit=limit) if face["photo_id"] == 1]
    of_photo = 3 if query else 5
    assert [face["position"] for face in found] == [0] * of_photo + [4] * of_photo
    ids = [face["face_id"] for face in found]
    assert ids[:of_photo] == ids[of_photo:] and len(set(ids)) == of_photo


def test_faces_are_filtered_by_final_or_predicted_label(call: Call, database: Database, job_id: int) -> None:
    with database.write() as rows:
        decide_face(rows, 1, Label.INCORRECT, Origin(account_id=1, queue="results"))
    assert {face["final"] for face in _all(call, job_id, "&label=incorrect")} == {"incorrect"}
    final = [face["face_id"] for face in _all(call, job_id, "&label=with_mask")]
    predicted = [face["face_id"] for face in _all(call, job_id, "&label=with_mask&labels=predicted")]
    assert predicted == [1, *final]
    unsure = _all(call, job_id, "&below=0.8")
    assert {face["predicted"] for face in unsure} == {"incorrect", "indeterminate"}
    with database.write() as rows:
        rows.get_one(Photo, 1).hidden = True
    assert 1 in [face["face_id"] for face in _all(call, job_id)]
    assert 1 not in [face["face_id"] for face in _all(call, job_id, "&hidden=false")]


@in_one_test(
    "query", ["after=x", "after=djE6MQ", "after=djE6MTp4", "after=djE6LTE6MA", "after=djE6OTk5OTk5OTk5OTk6MA"]
)
def test_a_cursor_that_is_none_is_refused(call: Call, job_id: int, query: str) -> None:
    answer = call("GET", f"/jobs/{job_id}/faces?{query}")
    assert (answer.status_code, code_of(answer)) == (400, "cursor_invalid")


def test_a_page_of_faces_asks_as_often_at_the_end_as_at_the_beginning(
    call: Call, database: Database, photos: Path
) -> None:
    job_id = add_finished_job(database, photos, photos=120)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts, cursor = [], ""
    while cursor is not None:
        asked.clear()
        page = call("GET", f"/jobs/{job_id}/faces?limit=20{cursor and '&after=' + cursor}").get_json()
        counts.append(len(asked))
        cursor = page["next"]
    assert len(counts) == 4
    assert max(counts) <= min(counts) + 4


def test_one_face_is_read_decided_and_undone(app: Flask, call: Call, database: Database, job_id: int) -> None:
    face = call("GET", "/faces/1").get_json()
    assert (face["decided"], face["photo_id"]) == (None, 1)
    assert [(each["version"], each["champion"], each["label"]) for each in face["predictions"]] == [
        ("test", True, "with_mask")
    ]
    review = caller(app, new_token(database, Scope.READ, Scope.REVIEW))
    made = review("POST", "/faces/1/decisions", json={"label": "incorrect", "milliseconds": 900})
    assert made.status_code == 201
    assert (made.get_json()["choice"], made.get_json()["queue"]) == ("incorrect", "api")
    assert call("GET", "/faces/1").get_json()["decided"] == "incorrect"
    assert call("GET", f"/jobs/{job_id}").get_json()["faces"]["incorrect"] == 5
    assert review("POST", "/faces/1/decisions", json={"label": None}).get_json()["choice"] is None
    found = call("GET", "/faces/1/decisions").get_json()
    assert found["decided"] is None
    assert [each["choice"] for each in found["decisions"]] == [None, "incorrect"]
    assert found["decisions"][1]["milliseconds"] == 900
    alone = caller(app, new_token(database, Scope.REVIEW))
    assert code_of(alone("GET", "/faces/1/decisions")) == "scope_missing"
    for method, body in (("GET", None), ("POST", {"label": "with_mask"})):
        answer = call(method, "/faces/999/decisions", json=body)
        assert (answer.status_code, code_of(answer)) == (404, "face_not_found")
    assert code_of(call("GET", "/faces/999")) == "face_not_found"
    assert code_of(call("POST", "/faces/1/decisions", json={"label": "blue"})) == "request_invalid"


def test_a_reviewer_sees_and_decides_faces_of_open_queues_alone(
    app: Flask, call: Call, database: Database, job_id: int
) -> None:
    with database.write() as rows:
        ann = add_account(rows, "ann", Role.REVIEWER)
        secret = add_token(rows, ann, name="x", scopes=[Scope.REVIEW], days=1)[1]
    reviewer = caller(app, secret)
    for method, address in (("GET", "/faces/1/crop"), ("POST", "/faces/1/decisions")):
        answer = reviewer(method, address, json={"label": "with_mask"} if method == "POST" else None)
        assert (answer.status_code, code_of(answer)) == (404, "face_not_found")
    for method, address in (
        ("GET", "/photos/1/thumbnail"),
        ("GET", "/photos/1/faces"),
        ("POST", "/photos/1/edits"),
    ):
        answer = reviewer(method, address, json={"kind": "boxed"} if method == "POST" else None)
        assert (answer.status_code, code_of(answer)) == (404, "photo_not_found")


def test_a_crop_is_a_square_jpeg(call: Call, job_id: int) -> None:
    with call("GET", "/faces/1/crop?side=112") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.data.startswith(b"\xff\xd8\xff")
        tag = answer.headers["ETag"]
    assert call("GET", "/faces/1/crop?side=112", headers={"If-None-Match": tag}).status_code == 304
    assert code_of(call("GET", "/faces/1/crop?side=100")) == "option_invalid"
    assert code_of(call("GET", "/faces/1/crop?side=x")) == "request_invalid"
    assert code_of(call("GET", "/faces/999/crop")) == "face_not_found"
