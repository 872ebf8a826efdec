"""Decisions as JSON lines: exported, read back, and what is refused."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from core.labels.decisions import Origin, read_current
from core.review.answers.outside_decisions import decide_face
from models import Choice, Decision, ItemState, Label, NoLabel, ReviewItem, Role, Scope
from tests.review_rows import add_faces, add_people, add_queue
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token, person
from web.api_v1 import decision_lines

SURE = (0.9, 0.05, 0.03, 0.02)
BOX = [100.0, 80.0, 180.0, 180.0]


@pytest.fixture
def faces(database: Database) -> list[int]:
    """Faces 1 to 4: ann and bob decide the first differently, the second cannot be told."""
    with database.write() as rows:
        faces = add_faces(rows, [SURE] * 4, version_id=1)
        ann, bob = add_people(rows, "ann", "bob")
        for face, who, choice in (
            (faces[0], ann, Label.WITH_MASK),
            (faces[0], bob, Label.WITHOUT_MASK),
            (faces[0], bob, Label.INCORRECT),
            (faces[1], ann, NoLabel.CANNOT_TELL),
            (faces[2], ann, Label.WITH_MASK),
            (faces[2], ann, None),
        ):
            decide_face(rows, face, choice, Origin(account_id=who, queue="review 3"))
    return faces


def _lines(call: Call, query: str = "") -> list[dict[str, Any]]:
    answer = call("GET", f"/review/export{query}")
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson"), answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def _send(call: Call, lines: list[Any], query: str = "") -> Any:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return call("POST", f"/review/import{query}", data=text, content_type="application/x-ndjson")


def _line(face: int, label: str, **more: Any) -> dict[str, Any]:
    return {"photo": f"{face:064x}", "box": BOX, "label": label, **more}


def _count(database: Database) -> int:
    with database.read() as rows:
        return rows.scalars(select(func.count()).select_from(Decision)).one()


def test_the_newest_decision_of_each_person_is_exported(call: Call, faces: list[int]) -> None:
    lines = _lines(call)
    assert [(line["face_id"], line["by"], line["label"]) for line in lines] == [
        (faces[0], "ann", "with_mask"),
        (faces[0], "bob", "incorrect"),
        (faces[1], "ann", "cannot_tell"),
    ]
    assert (lines[0]["photo"], lines[0]["box"]) == (f"{faces[0]:064x}", BOX)
    assert [line["id"] for line in _lines(call, f"?after={lines[0]['id']}")] == [
        line["id"] for line in lines[1:]
    ]
    assert code_of(call("GET", "/review/export?queue=9")) == "queue_not_found"


def test_what_was_exported_is_read_back_with_its_people_and_once(
    call: Call, faces: list[int], database: Database
) -> None:
    lines = _lines(call)
    assert _send(call, lines, "?people=named").get_json() == {
        "saved": 0, "unchanged": 3, "replaced": 0,
        "refused": 0, "refused_by_code": {}, "refused_lines": [],
    }  # fmt: skip
    elsewhere = [line | {"photo": f"{faces[3]:064x}"} for line in lines]
    for saved, unchanged in ((2, 0), (0, 2)):
        answer = _send(call, elsewhere, "?people=named").get_json()
        # The line about the second face is a later one of ann about this face.
        assert (answer["saved"], answer["unchanged"], answer["replaced"]) == (saved, unchanged, 1)
    with database.read() as rows:
        found = rows.scalars(select(Decision).where(Decision.face_id == faces[3]).order_by(Decision.id))
        choices: list[tuple[int | None, Choice | None]] = [(each.account_id, each.choice) for each in found]
    assert choices == [(3, Label.INCORRECT), (2, NoLabel.CANNOT_TELL)]


def test_imported_decisions_are_the_callers_and_answer_what_waits(
    app: Flask, faces: list[int], database: Database
) -> None:
    with database.write() as rows:
        add_queue(rows, [faces[3]])
    lead = person(app, database, "lea", Role.LEAD, Scope.REVIEW)
    moved = [2 * corner / 2 + 9 for corner in BOX]
    line = _line(faces[3], "incorrect") | {"box": moved, "by": "ann", "from": "another tool"}
    for saved in (1, 0):
        assert _send(lead, [line]).get_json()["saved"] == saved
    with database.read() as rows:
        decision = read_current(rows, [faces[3]])[faces[3]]
        item = rows.scalars(select(ReviewItem)).one()
    assert (decision.choice, decision.queue) == (Label.INCORRECT, "file")
    assert (item.state, item.account_id) == (ItemState.DECIDED, decision.account_id)
    refused = _send(lead, [line], "?people=named")
    assert (refused.status_code, code_of(refused)) == (403, "scope_missing")


def test_lines_that_cannot_be_applied_are_named_and_the_others_saved(
    call: Call, faces: list[int], database: Database
) -> None:
    before = _count(database)
    answer = _send(
        call,
        [
            _line(faces[3], "with_mask"),
            "{",
            "",
            '"text"',
            _line(faces[3], "hat"),
            _line(faces[3], "with_mask") | {"box": [5, 5, 5, 9]},
            _line(faces[3], "with_mask") | {"box": [400, 5, 450, 9]},
            _line(99, "with_mask"),
            '{"photo": "' + f"{faces[3]:064x}" + '", "box": [NaN, 0, 1, 1], "label": "with_mask"}',
        ],
    ).get_json()
    assert (answer["saved"], answer["refused"]) == (1, 7)
    assert answer["refused_by_code"] == {"line_invalid": 5, "face_not_found": 1, "photo_not_found": 1}
    assert [each["line"] for each in answer["refused_lines"]] == [2, 4, 5, 6, 7, 8, 9]
    assert _count(database) == before + 1
    unknown = _send(call, [_line(faces[3], "incorrect", by="nobody")], "?people=named").get_json()
    assert unknown["refused_by_code"] == {"account_not_found": 1}


def test_an_import_that_is_cut_goes_on_where_it_was(
    call: Call, faces: list[int], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server dies between two transactions: the file is sent again, and nothing is added twice."""
    lines = [_line(face, "with_mask") for face in faces]
    real, calls = decision_lines.add_new_decisions, []

    def dies_at_the_third(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise SystemExit
        real(*given)

    monkeypatch.setattr(decision_lines, "_AT_ONCE", 1)
    monkeypatch.setattr(decision_lines, "add_new_decisions", dies_at_the_third)
    before = _count(database)
    with pytest.raises(SystemExit):
        _send(call, lines)
    assert _count(database) == before + 2
    again = _send(call, lines).get_json()
    assert (again["saved"], again["unchanged"], _count(database)) == (2, 2, before + 4)


def test_an_export_reads_slice_by_slice(
    call: Call, faces: list[int], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [line["id"] for line in _lines(call)]
    monkeypatch.setattr("core.review.decision_lines._AT_ONCE", 1)
    assert [line["id"] for line in _lines(call)] == whole
    with call("GET", "/review/export") as answer:
        assert answer.is_streamed and answer.headers.get("Content-Length") is None


def test_who_may_export_and_import(app: Flask, faces: list[int], database: Database) -> None:
    ann = person(app, database, "rita", Role.REVIEWER, Scope.REVIEW)
    assert code_of(ann("GET", "/review/export")) == "scope_missing"
    assert code_of(_send(ann, [])) == "lead_needed"
    reader = caller(app, new_token(database, Scope.READ))
    assert code_of(_send(reader, [])) == "scope_missing"
    assert code_of(caller(app, None)("GET", "/review/export")) == "token_missing"


def test_a_body_of_another_type_and_one_that_is_too_large_are_refused(call: Call, faces: list[int]) -> None:
    wrong = call("POST", "/review/import", json={})
    assert (wrong.status_code, code_of(wrong)) == (415, "content_type_wrong")
    large = call("POST", "/review/import", data=b" " * (2 << 20), content_type="application/x-ndjson")
    assert (large.status_code, code_of(large)) == (413, "request_too_large")
