"""Flags, gold faces, reviewers and the guide of the API."""

import pytest
from flask import Flask

from core.database import Database
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from models import NoLabel, Role, Scope
from tests.review_rows import add_faces, add_queue
from tests.unit.web.api_v1.calling import Call, code_of, person

SURE = (0.9, 0.05, 0.03, 0.02)


@pytest.fixture
def faces(database: Database) -> list[int]:
    """Faces 1 to 3, of which the first is in an open queue."""
    with database.write() as rows:
        faces = add_faces(rows, [SURE] * 3, version_id=1)
        add_queue(rows, faces[:1])
    return faces


@pytest.fixture
def ann(app: Flask, database: Database) -> Call:
    return person(app, database, "ann", Role.REVIEWER, Scope.REVIEW)


def test_faces_are_flagged_by_reviewers_and_listed_for_leads(call: Call, ann: Call, faces: list[int]) -> None:
    for _ in range(2):
        assert ann("PUT", "/faces/1/flag").status_code == 204
    assert call("PUT", "/faces/2/flag").status_code == 204
    first = call("GET", "/review/flags?limit=1").get_json()
    assert [flag["face_id"] for flag in first["flags"]] == [2]
    rest = call("GET", f"/review/flags?after={first['next']}").get_json()
    assert ([flag["face_id"] for flag in rest["flags"]], rest["next"]) == ([1], None)
    assert ann("DELETE", "/faces/1/flag").status_code == 204
    assert [flag["face_id"] for flag in call("GET", "/review/flags").get_json()["flags"]] == [2]
    assert code_of(call("PUT", "/faces/99/flag")) == "face_not_found"
    for method in ("PUT", "DELETE"):
        assert code_of(ann(method, "/faces/2/flag")) == "face_not_found"


def test_gold_faces_are_made_and_unmade_by_leads(call: Call, ann: Call, faces: list[int]) -> None:
    for label in ("incorrect", "with_mask"):
        assert call("PUT", "/faces/2/gold", json={"label": label}).get_json()["label"] == label
    assert [gold["face_id"] for gold in call("GET", "/review/gold").get_json()["faces"]] == [2]
    assert code_of(ann("PUT", "/faces/1/gold", json={"label": "with_mask"})) == "lead_needed"
    assert code_of(ann("GET", "/review/gold")) == "scope_missing"
    assert code_of(call("PUT", "/faces/99/gold", json={"label": "with_mask"})) == "face_not_found"
    assert code_of(call("PUT", "/faces/2/gold", json={"label": "cannot_tell"})) == "request_invalid"
    assert call("DELETE", "/faces/2/gold").status_code == 204
    assert call("GET", "/review/gold").get_json() == {"faces": [], "next": None}


def test_faces_that_nobody_can_tell_and_who_reviews(
    call: Call, ann: Call, faces: list[int], database: Database
) -> None:
    with database.write() as rows:
        decide_face(rows, faces[2], NoLabel.CANNOT_TELL, Origin(account_id=1, queue="face page"))
    (found,) = call("GET", "/review/cannot-tell").get_json()["faces"]
    assert (found["face_id"], found["account_id"]) == (faces[2], 1)
    item = ann("POST", "/queues/1/next", json={}).get_json()["faces"][0]["item"]
    ann("POST", "/queues/1/decisions", json={"decisions": [{"item": item, "label": "with_mask"}]})
    answer = call("GET", "/review/reviewers").get_json()
    (reviewer,) = answer["reviewers"]
    assert (reviewer["name"], reviewer["decided"], answer["agreement"]) == ("ann", 1, None)


def test_the_guide_is_read_by_all_and_changed_by_leads(call: Call, ann: Call) -> None:
    guide = ann("GET", "/review/guide").get_json()
    assert guide["version"] == 0 and "mask" in guide["texts"]["with_mask"]
    body = {"base": 0, "texts": guide["texts"] | {"general": "Look twice."}}
    assert code_of(ann("PUT", "/review/guide", json=body)) == "lead_needed"
    changed = call("PUT", "/review/guide", json=body).get_json()
    assert (changed["version"], changed["texts"]["general"]) == (1, "Look twice.")
    late = call("PUT", "/review/guide", json=body)
    assert (late.status_code, code_of(late)) == (409, "guide_changed")
    long = {"base": 1, "texts": {"general": "x" * 4_001}}
    assert code_of(call("PUT", "/review/guide", json=long)) == "guide_too_long"
    assert code_of(call("PUT", "/review/guide", json={"base": 1, "texts": {"hat": ""}})) == "request_invalid"
    assert ann("GET", "/review/guide?version=0").get_json() == guide
    assert code_of(ann("GET", "/review/guide?version=9")) == "guide_not_found"
