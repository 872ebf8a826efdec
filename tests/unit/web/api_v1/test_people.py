"""People and the state of the service, by the API."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.database import Database
from models import Activity, ActivityKind, Role, Scope
from tests.access_rows import add_two_series
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token, person
from web.system.health import forget_shared_health


def test_a_person_is_added_signs_in_and_is_shut_out(
    app: Flask, call: Call, stranger: FlaskClient, database: Database
) -> None:
    made = call("POST", "/people", json={"name": " ann "})
    ann = made.get_json()
    assert (made.status_code, ann["name"], ann["role"], ann["has_password"]) == (
        201,
        "ann",
        "reviewer",
        False,
    )
    assert ann["link"].startswith("http://localhost/sign-in/")
    page = stranger.get(ann["link"].removeprefix("http://localhost"))
    assert page.status_code == 200 and "Sign in" in page.text
    listed = call("GET", "/people").get_json()["people"]
    assert [(each["name"], "link" in each) for each in listed] == [("ann", False), ("owner", False)]
    again = call("POST", f"/people/{ann['id']}/link")
    assert (again.status_code, again.get_json()["link"] != ann["link"]) == (201, True)
    own = person(app, database, "bob", Role.LEAD, Scope.READ)
    assert own("GET", "/queues").status_code == 200
    bob = next(each["id"] for each in call("GET", "/people").get_json()["people"] if each["name"] == "bob")
    assert call("DELETE", f"/people/{bob}").status_code == 204
    assert code_of(own("GET", "/queues")) == "token_refused"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "a b"}, 400, "name_invalid"),
        ({"name": "owner"}, 409, "name_taken"),
        ({"name": ""}, 400, "request_invalid"),
        ({"name": "ann", "role": "king"}, 400, "request_invalid"),
    ],
)
def test_a_person_that_cannot_be_added(call: Call, body: dict[str, str], status: int, code: str) -> None:
    answer = call("POST", "/people", json=body)
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_a_person_is_limited_and_freed(call: Call, database: Database, photos: Path) -> None:
    one, _ = add_two_series(database, photos)
    limits = {"series": [one.schedule], "queues": [one.queue]}
    ann = call("POST", "/people", json={"name": "ann", "role": "viewer", "limits": limits}).get_json()
    assert ann["limits"] == limits
    everybody = {each["name"]: each["limits"] for each in call("GET", "/people").get_json()["people"]}
    assert (everybody["ann"], everybody["owner"]) == (limits, None)
    fewer = call("PUT", f"/people/{ann['id']}/limits", json={"series": [one.schedule]})
    assert (fewer.status_code, fewer.get_json()["limits"]) == (200, {"series": [one.schedule], "queues": []})
    assert call("DELETE", f"/people/{ann['id']}/limits").status_code == 204
    assert call("GET", "/people").get_json()["people"][0]["limits"] is None
    with database.read() as rows:
        kinds = rows.execute(select(Activity.kind, Activity.about).order_by(Activity.id)).all()
    told = [about for kind, about in kinds if kind is ActivityKind.PEOPLE_CHANGED and about]
    assert [each.get("sees") for each in told] == ["some", "some", "everything"]
    assert (told[0]["series"], told[0]["queues"], told[1]["person"]) == ([one.schedule], [one.queue], "ann")


@pytest.mark.parametrize(
    ("number", "body", "status", "code"),
    [
        (1, {}, 409, "lead_not_limited"),
        (2, {"series": [99]}, 404, "schedule_not_found"),
        (2, {"queues": [99]}, 404, "queue_not_found"),
        (2, {"series": ["1"]}, 400, "request_invalid"),
        (2, {"everything": True}, 400, "request_invalid"),
        (99, {}, 404, "account_not_found"),
    ],
)
def test_limits_that_cannot_be(
    call: Call, number: int, body: dict[str, object], status: int, code: str
) -> None:
    assert call("POST", "/people", json={"name": "ann", "role": "viewer", "limits": {}}).status_code == 201
    answer = call("PUT", f"/people/{number}/limits", json=body)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert call("GET", "/people").get_json()["people"][0]["limits"] == {"series": [], "queues": []}


def test_a_lead_is_not_added_with_limits(call: Call) -> None:
    answer = call("POST", "/people", json={"name": "lea", "role": "lead", "limits": {}})
    assert (answer.status_code, code_of(answer)) == (409, "lead_not_limited")
    assert [each["name"] for each in call("GET", "/people").get_json()["people"]] == ["owner"]


def test_the_owner_stays_and_others_must_exist(call: Call) -> None:
    owner = call("DELETE", "/people/1")
    assert (owner.status_code, code_of(owner)) == (409, "owner_stays")
    for method, address in (("DELETE", "/people/99"), ("POST", "/people/99/link")):
        assert code_of(call(method, address)) == "account_not_found"


def test_the_state_of_the_service(app: Flask, call: Call, database: Database) -> None:
    found = call("GET", "/system").get_json()
    assert (found["champion_id"], found["database"]["kind"]) == (1, "SQLite")
    assert found["work"]["waiting"]["jobs"] == 0 and found["disk"]["free"] > 0
    assert (found["broker"], found["evidence_key"]) == (None, None)
    assert {"broker", "evidence_key"} <= set(found["problems"])
    assert any(setting["name"] == "MASKLOOP_PORT" for setting in found["settings"])
    missing = call("GET", "/system/evidence-key.pem")
    assert (missing.status_code, code_of(missing)) == (404, "evidence_key_missing")


def test_health_is_for_every_token(app: Flask, database: Database) -> None:
    forget_shared_health()
    ann = person(app, database, "ann", Role.REVIEWER, Scope.REVIEW)
    for call in (ann, caller(app, new_token(database, Scope.SUBMIT))):
        health = call("GET", "/system/health")
        assert (health.status_code, health.get_json()["ok"]) == (200, False)
        assert health.get_json()["checks"]["worker"]["sentence"] == "No worker is running."
    assert code_of(ann("GET", "/system")) == "scope_missing"
