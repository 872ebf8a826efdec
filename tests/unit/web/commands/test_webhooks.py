"""Webhooks are added, tried, paused and deleted by commands."""

import json
import socket

import pytest

from models import EventType
from tests.unit.web.commands.conftest import Say
from web.commands.webhooks import EVENTS


def test_the_events_are_those_of_the_product() -> None:
    assert {*EVENTS} == {event.value for event in EventType} - {EventType.TEST.value}


@pytest.fixture(autouse=True)
def _any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is looked up in the network."""
    look_up = socket.getaddrinfo
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    def answer(host: str, *given: object, **named: object) -> object:
        return look_up(host, *given, **named) if host[:4] == "127." else found

    monkeypatch.setattr("socket.getaddrinfo", answer)


def test_a_webhook_is_added_tried_and_deleted(say: Say) -> None:
    added = say("webhook", "add", "shop", "https://shop.example.org/in", "--event", "job.finished")
    assert added.exit_code == 0, added.stderr
    assert added.stdout.startswith("whsec_") and "shown this once" in added.stderr
    assert say("webhook", "list").stdout.split("\t")[:3] == ["1", "shop", "active"]
    assert say("webhook", "pause", "1").stdout == "Webhook 1, shop: paused.\n"
    assert say("webhook", "resume", "1").stdout == "Webhook 1, shop: active.\n"
    assert say("webhook", "change", "1", "--event", "job.failed").exit_code == 0
    assert json.loads(say("webhook", "show", "1", "--json").stdout)["events"] == ["job.failed"]
    assert say("webhook", "test", "1").stdout == "Delivery 1 waits to be sent.\n"
    assert say("webhook", "resend", "1", "1").exit_code == 0
    assert say("webhook", "deliveries", "1").stdout.split("\t")[1] == "webhook.test"
    assert say("webhook", "rotate", "1").stdout != added.stdout
    assert say("webhook", "delete", "1", "--yes").exit_code == 0
    assert say("webhook", "show", "1").exit_code == 4


def test_an_address_that_is_not_https_is_refused(say: Say) -> None:
    said = say("webhook", "add", "shop", "http://shop.example.org/in")
    assert said.exit_code == 2 and len(said.stderr.splitlines()) == 1
