"""Review queues and conflicts of the API."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from models import Decision, FaceFlag, ItemState, Job, Label, QueueState, ReviewItem, ReviewQueue, Role, Scope
from tests.cases import in_one_test
from tests.review_rows import add_faces, add_queue
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token, person

SURE = (0.9, 0.05, 0.03, 0.02)


@pytest.fixture
def faces(database: Database) -> list[int]:
    """Faces 1 to 5 of the open queue 1."""
    with database.write() as rows:
        faces = add_faces(rows, [SURE] * 5, version_id=1)
        add_queue(rows, faces)
    return faces


@pytest.fixture
def ann(app: Flask, database: Database) -> Call:
    return person(app, database, "ann", Role.REVIEWER, Scope.REVIEW)


def _next(call: Call, **body: object) -> list[int]:
    answer = call("POST", "/queues/1/next", json=body)
    assert answer.status_code == 200, answer.text
    return [face["item"] for face in answer.get_json()["faces"]]


def _labels(database: Database) -> list[Label | None]:
    with database.read() as rows:
        return list(rows.scalars(select(Decision.label).order_by(Decision.id)))


def test_a_reviewer_takes_decides_skips_and_undoes(ann: Call, faces: list[int], database: Database) -> None:
    listed = ann("GET", "/queues").get_json()
    assert ([queue["id"] for queue in listed["queues"]], listed["next"]) == ([1], None)
    first, second = _next(ann, count=2)
    body = {"decisions": [{"item": first, "label": "incorrect", "milliseconds": 800, "key": "first-one"}]}
    for _ in range(2):
        answer = ann("POST", "/queues/1/decisions", json=body).get_json()
        assert answer["outcomes"] == [{"item": first, "outcome": "saved"}]
        assert (answer["remaining"], answer["decided_today"]) == (4, 1)
    assert _labels(database) == [Label.INCORRECT]
    again = {"decisions": [{"item": first, "label": "cannot_tell"}]}
    assert ann("POST", "/queues/1/decisions", json=again).get_json()["outcomes"][0]["outcome"] == "saved"
    own = ann("GET", "/queues/1/decisions").get_json()["faces"]
    assert [(face["item"], face["label"]) for face in own] == [(first, "cannot_tell")]
    assert ann("POST", "/queues/1/skip", json={"items": [second]}).get_json()["outcomes"] == [
        {"item": second, "outcome": "saved"}
    ]
    assert ann("POST", "/queues/1/take", json={"items": [second]}).get_json()["outcomes"][0]["outcome"] == (
        "saved"
    )
    undone = ann("POST", "/queues/1/undo", json={"items": [first]}).get_json()
    assert (undone["remaining"], undone["decided_today"]) == (5, 0)
    with database.read() as rows:
        held = rows.scalars(select(ReviewItem.id).where(ReviewItem.state == ItemState.LEASED)).all()
    assert sorted(held) == [first, second]
    assert ann("POST", "/queues/1/release", json={}).status_code == 204
    with database.read() as rows:
        assert not rows.scalars(select(ReviewItem).where(ReviewItem.state == ItemState.LEASED)).all()


def test_no_two_holders_have_a_face(ann: Call, faces: list[int], app: Flask, database: Database) -> None:
    bob = person(app, database, "bob", Role.REVIEWER, Scope.REVIEW)
    own = _next(ann, count=2) + _next(ann, count=2, holder="process-2")
    assert len(set(own)) == 4 and len(_next(bob, count=9)) == 1
    taken = bob("POST", "/queues/1/decisions", json={"decisions": [{"item": own[0], "label": "with_mask"}]})
    assert taken.get_json()["outcomes"] == [{"item": own[0], "outcome": "taken"}]
    gone = bob("POST", "/queues/1/skip", json={"items": [999]}).get_json()
    assert gone["outcomes"] == [{"item": 999, "outcome": "gone"}]
    held = ann("POST", "/queues/1/next", json={"count": 1, "holding": own}).get_json()["held"]
    assert held == sorted(own[:2])


def test_faces_of_one_predicted_label_are_given_out(ann: Call, faces: list[int]) -> None:
    assert len(_next(ann, count=5, label="with_mask")) == 5
    assert _next(ann, count=5, label="incorrect") == []


def test_items_are_flagged(ann: Call, faces: list[int], database: Database) -> None:
    (item,) = _next(ann)
    for action, number in (("flag", 1), ("unflag", 0)):
        ann("POST", f"/queues/1/{action}", json={"items": [item]})
        with database.read() as rows:
            open_flags = select(func.count()).where(FaceFlag.resolved_at.is_(None))
            assert rows.scalars(open_flags).one() == number


def test_a_queue_is_made_once_closed_and_opened(call: Call, faces: list[int], database: Database) -> None:
    with database.write() as rows:
        rows.get_one(ReviewQueue, 1).state = QueueState.CLOSED
    body = {"preset": "all", "options": {"limit": 3}}
    made = [call("POST", "/queues", json=body, headers={"Idempotency-Key": "q"}) for _ in range(2)]
    assert [each.status_code for each in made] == [202, 202]
    queue = made[0].get_json()
    assert queue == made[1].get_json()
    assert (queue["title"], queue["state"], queue["options"]["shares"]) == (
        "In order",
        "filling",
        {"all": 100},
    )
    assert made[0].headers["Location"] == f"/api/v1/queues/{queue['id']}"
    with database.read() as rows:
        assert rows.scalars(select(Job.id)).all() == [queue["job_id"]]
        assert rows.scalars(select(func.count()).select_from(ReviewQueue)).one() == 2
    assert code_of(call("POST", "/queues/2/open")) == "queue_state"
    assert call("POST", "/queues/2/close").get_json()["state"] == "closed"
    assert call("POST", "/queues/2/open").get_json()["state"] == "filling"
    assert [q["id"] for q in call("GET", "/queues?state=closed").get_json()["queues"]] == [1]


def test_queues_are_paged(call: Call, faces: list[int], database: Database) -> None:
    with database.write() as rows:
        for _ in range(2):
            add_queue(rows, faces)
    seen, after = [], ""
    while after is not None:
        page = call("GET", f"/queues?limit=1{f'&after={after}' if after else ''}").get_json()
        seen += [queue["id"] for queue in page["queues"]]
        after = page["next"]
    assert seen == [3, 2, 1]


@in_one_test(
    ("body", "code"),
    [
        ({"preset": "none"}, "request_invalid"),
        ({"preset": "custom"}, "shares_invalid"),
        ({"options": {"shares": {"all": 0}}}, "shares_invalid"),
        ({"options": {"limit": 0}}, "option_invalid"),
        ({"options": {"limits": 5}}, "option_unknown"),
        ({"options": {"job_id": 9}}, "job_not_found"),
        ({"preset": "flagged"}, "queue_empty"),
    ],
)
def test_a_queue_that_cannot_be_made(call: Call, faces: list[int], body: dict, code: str) -> None:
    assert code_of(call("POST", "/queues", json=body)) == code


@in_one_test(
    ("address", "body", "code"),
    [
        ("next", {"count": 0}, "request_invalid"),
        ("next", {"holder": "a b"}, "request_invalid"),
        ("decisions", {"decisions": []}, "request_invalid"),
        ("decisions", {"decisions": [{"item": 1, "label": "hat"}]}, "request_invalid"),
        ("skip", {"items": list(range(101))}, "request_invalid"),
        ("release", {"tab": 1}, "request_invalid"),
    ],
)
def test_what_is_not_understood_is_refused(
    call: Call, faces: list[int], address: str, body: dict, code: str
) -> None:
    assert code_of(call("POST", f"/queues/1/{address}", json=body)) == code
    good = {"next": {}, "decisions": {"decisions": [{"item": 1, "label": "incorrect"}]}, "release": {}}
    assert code_of(call("POST", f"/queues/9/{address}", json=good.get(address, {"items": [1]}))) == (
        "queue_not_found"
    )


def _conflict(app: Flask, database: Database) -> int:
    """Two people answer differently; the number of the conflict."""
    with database.write() as rows:
        (face,) = add_faces(rows, [SURE], version_id=1)
        queue = add_queue(rows, [face], second=True)
    for name, label in (("eve", "with_mask"), ("max", "incorrect")):
        call = person(app, database, name, Role.REVIEWER, Scope.REVIEW)
        answer = call("POST", f"/queues/{queue}/next", json={}).get_json()
        decisions = [{"item": answer["faces"][0]["item"], "label": label}]
        call("POST", f"/queues/{queue}/decisions", json={"decisions": decisions})
    with database.read() as rows:
        return rows.scalars(select(ReviewItem.id).order_by(ReviewItem.id.desc())).first() or 0


def test_a_lead_settles_a_conflict_and_reopens_it(
    app: Flask, call: Call, ann: Call, database: Database
) -> None:
    conflict_id = _conflict(app, database)
    (found,) = call("GET", "/conflicts").get_json()["conflicts"]
    assert (found["id"], found["open"], found["settled_by_lead"]) == (conflict_id, True, False)
    assert [found[slot]["label"] for slot in ("first", "second", "third")] == ["with_mask", "incorrect", None]
    address = f"/conflicts/{conflict_id}"
    refused = ann("POST", f"{address}/settle", json={"label": "incorrect"})
    assert (refused.status_code, code_of(refused)) == (403, "lead_needed")
    lead = caller(app, new_token(database, Scope.REVIEW))
    assert code_of(lead("GET", "/conflicts")) == "scope_missing"
    settled = lead("POST", f"{address}/settle", json={"label": "incorrect"}).get_json()
    assert (settled["open"], settled["settled_by_lead"], settled["third"]["label"]) == (
        False,
        True,
        "incorrect",
    )
    again = call("POST", f"{address}/settle", json={"label": "incorrect"})
    assert (again.status_code, code_of(again)) == (409, "conflict_settled")
    assert call("GET", "/conflicts").get_json()["conflicts"] == []
    assert len(call("GET", "/conflicts?settled=true").get_json()["conflicts"]) == 1
    assert call("POST", f"{address}/reopen").get_json()["open"]
    assert code_of(call("POST", f"{address}/reopen")) == "conflict_open"
    assert code_of(call("POST", "/conflicts/99/settle", json={"label": "incorrect"})) == "conflict_not_found"
