"""Webhooks by the API: made with a secret shown once, changed, tried, looked at, sent again, deleted."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.events.outbox import write_event
from core.webhooks.deliveries import claim_delivery, record_outcome
from core.webhooks.post import Outcome
from models import EventType, Scope, Webhook, WebhookDelivery, WebhookState
from tests.cases import in_one_test
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token

_SHOP = {"name": "shop", "url": "https://shop.example/hook", "events": ["job.finished", "job.failed"]}


@pytest.fixture
def hook(call: Call) -> dict:
    answer = call("POST", "/webhooks", json=_SHOP)
    assert answer.status_code == 201 and answer.headers["Location"] == "/api/v1/webhooks/1"
    return answer.get_json()


def write(database: Database, count: int = 1) -> None:
    with database.write() as rows:
        for number in range(count):
            write_event(rows, EventType.JOB_FINISHED, {"job": {"id": number}})


def send(database: Database, status: int) -> None:
    with database.write() as rows:
        outgoing = claim_delivery(rows, lease_seconds=30)
        assert outgoing is not None
        error = "" if status < 300 else f"The receiver answered {status}."
        record_outcome(rows, outgoing, Outcome(status=status, milliseconds=7, error=error))


def test_the_secret_is_shown_once(call: Call, hook: dict) -> None:
    assert hook["secret"].startswith("whsec_") and hook["state"] == "active"
    shown = {name: value for name, value in hook.items() if name != "secret"}
    assert call("GET", "/webhooks/1").get_json() == shown
    assert call("GET", "/webhooks").get_json() == {"webhooks": [shown]}
    rotated = call("POST", "/webhooks/1/secret").get_json()
    assert rotated["secret"] not in (hook["secret"], "") and rotated["previous_secret_until"]
    for answer in (call("GET", "/webhooks/1"), call("PATCH", "/webhooks/1", json={"name": "till"})):
        assert "secret" not in answer.get_json() and "whsec_" not in answer.text


def test_what_is_not_given_stays(call: Call, hook: dict, database: Database) -> None:
    changed = call("PATCH", "/webhooks/1", json={"events": ["conflict.found"], "state": "paused"}).get_json()
    assert (changed["name"], changed["url"]) == (_SHOP["name"], _SHOP["url"])
    assert (changed["events"], changed["state"]) == (["conflict.found"], "paused")
    with database.write() as rows:
        gone = {"state": WebhookState.DISABLED, "note": "gone", "failing_since": read_clock(rows)}
        rows.execute(update(Webhook).values(**gone))
    resumed = call("PATCH", "/webhooks/1", json={"state": "active"}).get_json()
    assert (resumed["state"], resumed["note"], resumed["failing_since"]) == ("active", "", None)


@in_one_test(
    ("body", "code"),
    [
        (_SHOP | {"url": "https://127.0.0.1/"}, "address_refused"),
        (_SHOP | {"url": "http://shop.example/"}, "address_not_https"),
        (_SHOP | {"url": "gopher://shop.example/"}, "address_not_http"),
        (_SHOP | {"url": ""}, "address_not_http"),
        (_SHOP | {"name": "\n"}, "webhook_invalid"),
        (_SHOP | {"events": []}, "request_invalid"),
        (_SHOP | {"events": ["job.exploded"]}, "request_invalid"),
        (_SHOP | {"events": ["webhook.test"]}, "webhook_invalid"),
        (_SHOP | {"secret": "whsec_mine"}, "request_invalid"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(call: Call, body: dict, code: str) -> None:
    answer = call("POST", "/webhooks", json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert call("GET", "/webhooks").get_json() == {"webhooks": []}


def test_more_webhooks_than_events_can_be_written_for_are_refused(
    call: Call, monkeypatch: pytest.MonkeyPatch, hook: dict
) -> None:
    monkeypatch.setattr("core.webhooks.store.MOST_WEBHOOKS", 1)
    answer = call("POST", "/webhooks", json=_SHOP)
    assert (answer.status_code, code_of(answer)) == (409, "webhooks_too_many")


def test_a_test_is_a_delivery_whose_end_can_be_read(call: Call, hook: dict, database: Database) -> None:
    call("PATCH", "/webhooks/1", json={"state": "paused"})
    answer = call("POST", "/webhooks/1/test")
    assert answer.status_code == 202
    assert (answer.get_json()["state"], answer.get_json()["event"]) == ("waiting", "webhook.test")
    send(database, 404)
    delivery = call("GET", answer.headers["Location"].removeprefix("/api/v1")).get_json()
    assert (delivery["state"], delivery["tries"][0]["status"]) == ("failed", 404)
    assert delivery["body"]["data"] == {"webhook": {"id": 1, "name": "shop"}}


def test_the_log_has_pages_and_what_ended_is_sent_again(call: Call, hook: dict, database: Database) -> None:
    write(database, 3)
    first = call("GET", "/webhooks/1/deliveries?limit=2").get_json()
    rest = call("GET", f"/webhooks/1/deliveries?limit=2&after={first['next']}").get_json()
    ids = [delivery["id"] for delivery in first["deliveries"] + rest["deliveries"]]
    assert ids == [3, 2, 1] and rest["next"] is None
    send(database, 204)
    again = call("POST", "/webhooks/1/deliveries/1/resend")
    assert again.status_code == 202 and again.get_json()["state"] == "waiting"
    assert again.get_json()["event_id"] == rest["deliveries"][0]["event_id"]
    with database.write() as rows:
        until = read_clock(rows) + timedelta(seconds=9)
        rows.execute(update(WebhookDelivery).where(WebhookDelivery.id == 1).values(lease_until=until))
    assert code_of(call("POST", "/webhooks/1/deliveries/1/resend")) == "delivery_on_its_way"
    call("PATCH", "/webhooks/1", json={"state": "paused"})
    refused = call("POST", "/webhooks/1/deliveries/2/resend")
    assert (refused.status_code, code_of(refused)) == (409, "webhook_not_active")


def test_a_delivery_belongs_to_its_webhook(call: Call, hook: dict, database: Database) -> None:
    call("POST", "/webhooks", json=_SHOP | {"events": ["job.failed"]})
    write(database)
    assert code_of(call("GET", "/webhooks/2/deliveries/1")) == "delivery_not_found"
    assert code_of(call("POST", "/webhooks/2/deliveries/1/resend")) == "delivery_not_found"
    assert code_of(call("GET", "/webhooks/9/deliveries")) == "webhook_not_found"


def test_a_deleted_webhook_is_gone_with_its_log(call: Call, hook: dict, database: Database) -> None:
    write(database)
    assert call("DELETE", "/webhooks/1").status_code == 204
    assert code_of(call("GET", "/webhooks/1")) == "webhook_not_found"
    with database.read() as rows:
        assert rows.scalars(select(WebhookDelivery)).all() == []


def test_only_admins_may(app: Flask, database: Database, hook: dict) -> None:
    lesser = caller(app, new_token(database, Scope.READ, Scope.SUBMIT, Scope.REVIEW))
    for method, address in (("GET", "/webhooks"), ("POST", "/webhooks/1/test"), ("DELETE", "/webhooks/1")):
        assert code_of(lesser(method, address)) == "scope_missing"
