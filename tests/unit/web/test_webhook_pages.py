"""Pages of webhooks: add one, see its secret once, try it, look at what was sent, send again."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts import add_account, new_sign_in_link
from core.database import Database
from core.events.outbox import write_event
from core.webhooks.deliveries import claim_delivery, record_outcome
from core.webhooks.post import Outcome
from core.webhooks.store import EVENTS
from models import EventType, Role, Webhook, WebhookDelivery, WebhookState
from tests.unit.web.conftest import Browser, token_of

_FORM = {"name": "Web shop", "url": "https://shop.example/hook", "events": ["job.finished", "report.ready"]}


@pytest.fixture
def secret(browser: Browser) -> str:
    """The secret of a webhook that was added."""
    page = browser.post("/webhooks/new", data=_FORM).text
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert found is not None
    return found[0]


def read(database: Database) -> Webhook:
    with database.read() as rows:
        return rows.get_one(Webhook, 1)


def fail_one(database: Database, error: str) -> None:
    """Write an event and have its first attempt fail."""
    with database.write() as rows:
        write_event(rows, EventType.JOB_FINISHED, {"job": {"id": 7}})
        outgoing = claim_delivery(rows, lease_seconds=9)
        assert outgoing is not None
        record_outcome(rows, outgoing, Outcome(status=500, milliseconds=12, error=error))


def test_the_empty_page_says_what_webhooks_are_for(browser: Browser) -> None:
    page = browser.get("/webhooks").text
    assert "No webhooks yet" in page and 'href="/webhooks/new"' in page


def test_the_secret_is_shown_once(browser: Browser, secret: str, database: Database) -> None:
    assert read(database).secret == secret and read(database).events == _FORM["events"]
    for address in ("/webhooks", "/webhooks/1", "/webhooks/1/change"):
        assert "whsec_" not in browser.get(address).text
    again = browser.post("/webhooks/1/rotate").text
    assert "whsec_" in again and secret not in again
    assert "The secret before the last one signs until" in browser.get("/webhooks/1").text


def test_a_browser_asks_for_no_event_in_particular(browser: Browser) -> None:
    boxes = re.findall(r"<input[^>]*checkbox[^>]*>", browser.get("/webhooks/new").text)
    assert len(boxes) == len(EVENTS) and not any("required" in box for box in boxes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "https://10.0.0.1/"}, "private or reserved network"),
        ({"url": "http://shop.example/"}, "Use an https address"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["job.exploded"]}, "is not a valid choice"),
        ({"name": ""}, "Give a name."),
    ],
)
def test_what_is_wrong_stands_in_the_form(browser: Browser, change: dict, words: str) -> None:
    answer = browser.post("/webhooks/new", data=_FORM | change)
    assert answer.status_code == 400 and words in answer.text
    assert 'value="Web shop"' in answer.text or change.get("name") == ""


def test_a_webhook_is_changed_paused_and_resumed(browser: Browser, secret: str, database: Database) -> None:
    assert 'checked id="events-0"' in browser.get("/webhooks/1/change").text.replace("\n", " ")
    browser.post("/webhooks/1/change", data=_FORM | {"name": "Till", "events": ["conflict.found"]})
    assert (read(database).name, read(database).events) == ("Till", ["conflict.found"])
    wrong = browser.post("/webhooks/1/change", data=_FORM | {"url": "ftp://x/"})
    assert wrong.status_code == 400 and "Only http and https" in wrong.text
    browser.post("/webhooks/1/pause")
    assert read(database).state is WebhookState.PAUSED and "Paused" in browser.get("/webhooks").text
    browser.post("/webhooks/1/resume")
    assert read(database).state is WebhookState.ACTIVE


def test_the_log_shows_what_happened_and_sends_again(
    browser: Browser, secret: str, database: Database
) -> None:
    fail_one(database, "The receiver answered 500. <b>broken</b>")
    page = browser.get("/webhooks/1").text
    assert "A job is done" in page and "status 500" in page and "Next attempt" in page
    assert "&lt;b&gt;broken" in page and "<b>broken" not in page
    assert "Failing" in browser.get("/webhooks").text
    page = browser.client.post(
        "/webhooks/1/deliveries/1/resend", headers={"X-CSRF-Token": browser.token}, follow_redirects=True
    ).text
    assert "The event is sent again." in page
    with database.read() as rows:
        assert rows.get_one(WebhookDelivery, 1).attempts == 0
    browser.post("/webhooks/1/pause")
    page = browser.client.post(
        "/webhooks/1/deliveries/1/resend", headers={"X-CSRF-Token": browser.token}, follow_redirects=True
    ).text
    assert "resume it first" in page


def test_a_test_is_written_and_a_deleted_webhook_is_gone(
    browser: Browser, secret: str, database: Database
) -> None:
    browser.post("/webhooks/1/test")
    with database.read() as rows:
        assert rows.scalars(select(WebhookDelivery.event)).all() == [EventType.TEST]
    browser.post("/webhooks/1/delete")
    assert browser.get("/webhooks/1").status_code == 404
    assert browser.post("/webhooks/1/deliveries/1/resend").status_code == 404


def test_long_logs_have_pages(browser: Browser, secret: str, database: Database) -> None:
    with database.write() as rows:
        for number in range(60):
            write_event(rows, EventType.JOB_FINISHED, {"job": {"id": number}})
    first = browser.get("/webhooks/1").text
    assert first.count('id="delivery-') == 50 and 'href="/webhooks/1?before=11"' in first
    rest = browser.get("/webhooks/1?before=11").text
    assert rest.count('id="delivery-') == 10 and "Newest" in rest


def test_reviewers_see_none_of_it(app: Flask, browser: Browser, secret: str, database: Database) -> None:
    with database.write() as rows:
        add_account(rows, "ann", Role.REVIEWER)
        link = f"/sign-in/{new_sign_in_link(rows, name='ann')}"
    client = app.test_client()
    client.post(link, data={"csrf_token": token_of(client.get(link).text)})
    for address in ("/webhooks", "/webhooks/new", "/webhooks/1"):
        assert client.get(address).status_code == 403
