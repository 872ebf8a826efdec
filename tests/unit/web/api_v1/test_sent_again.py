"""Whatever creates something can be sent again with its key: both answers name one thing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from models import Account, ApiToken, Schedule, Scope, Upload, Webhook
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token

_KEY = {"Idempotency-Key": "run-7"}
_HOOK = {"name": "shop", "url": "https://shop.example/", "events": ["job.finished"]}


def _count(database: Database, table: Any) -> int:
    with database.read() as rows:
        found: int = rows.scalars(select(func.count()).select_from(table)).one()
        return found


@pytest.fixture
def bodies(photos: object) -> dict[str, tuple[dict[str, Any], Any]]:
    """What is sent by address, and the table that gets a row."""
    job = {"kind": "predict", "options": {"folder": str(photos)}}
    return {
        "/uploads": ({}, Upload),
        "/schedules": ({"title": "Night", "job": job, "cron": "0 3 * * *", "time_zone": "UTC"}, Schedule),
        "/webhooks": (_HOOK, Webhook),
        "/people": ({"name": "ann", "role": "reviewer"}, Account),
    }


@pytest.mark.parametrize("address", ["/uploads", "/schedules", "/webhooks", "/people"])
def test_a_request_that_is_sent_again_creates_one_thing(
    call: Call, database: Database, bodies: dict[str, tuple[dict[str, Any], Any]], address: str
) -> None:
    body, table = bodies[address]
    before = _count(database, table)
    first, again = (call("POST", address, json=body, headers=_KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.get_json()["id"] == again.get_json()["id"]
    assert first.get_json().get("secret") == again.get_json().get("secret")
    assert _count(database, table) == before + 1
    other = call("POST", address, json=body | {"name": "x", "title": "x"}, headers=_KEY)
    assert code_of(other) in ("idempotency_key_reused", "request_invalid")


def test_each_link_of_a_person_signs_in(call: Call, bodies: dict[str, tuple[dict[str, Any], Any]]) -> None:
    links = {
        call("POST", "/people", json=bodies["/people"][0], headers=_KEY).get_json()["link"] for _ in "12"
    }
    assert len(links) == 2


def test_a_token_is_made_once_and_its_secret_is_not_told_again(call: Call, database: Database) -> None:
    body = {"name": "nightly", "scopes": ["read"]}
    first = call("POST", "/tokens", json=body, headers=_KEY)
    before = _count(database, ApiToken)
    again = call("POST", "/tokens", json=body, headers=_KEY)
    assert (first.status_code, again.status_code, code_of(again)) == (201, 409, "secret_not_kept")
    assert f"token {first.get_json()['id']}," in again.get_json(force=True)["detail"]
    assert _count(database, ApiToken) == before


def test_keys_of_two_tokens_are_different(app: Flask, call: Call, database: Database) -> None:
    other = caller(app, new_token(database, Scope.SUBMIT))
    numbers = {each("POST", "/uploads", json={}, headers=_KEY).get_json()["id"] for each in (call, other)}
    assert len(numbers) == 2


def test_an_upload_that_expired_meanwhile_is_named(call: Call, database: Database) -> None:
    number = call("POST", "/uploads", json={}, headers=_KEY).get_json()["id"]
    with database.write() as rows:
        rows.delete(rows.get_one(Upload, number))
    assert code_of(call("POST", "/uploads", json={}, headers=_KEY)) == "upload_not_found"
