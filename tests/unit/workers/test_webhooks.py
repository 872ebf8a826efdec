"""Senders: slow receivers hold nobody up, a stopped sender gives back, a killed one loses nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from standardwebhooks import WebhookVerificationError

from core.database import Database
from core.events.outbox import write_event
from core.settings import Settings
from core.webhooks.deliveries import is_any_due
from core.webhooks.queries import get_webhook
from core.webhooks.store import rotate_secret
from models import DeliveryState, EventType, WebhookDelivery
from tests.webhook_receiver import Receiver, add_hook, open_settings, receiving
from workers.webhooks import PLACES, WebhookSenders


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@contextmanager
def sending(db: Database, settings: Settings) -> Iterator[WebhookSenders]:
    senders = WebhookSenders(db, open_settings(settings))
    senders.start()
    try:
        yield senders
    finally:
        senders.stop()


def wait_for(look: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look():
            return
        time.sleep(0.02)
    raise AssertionError("not in time")


def write(db: Database, count: int = 1) -> None:
    for number in range(count):
        with db.write() as session:
            write_event(session, EventType.JOB_FINISHED, {"job": {"id": number}})


def states(db: Database) -> list[DeliveryState]:
    with db.read() as session:
        return list(session.scalars(select(WebhookDelivery.state).order_by(WebhookDelivery.id)))


def test_events_arrive_signed_and_once(db: Database, settings: Settings, receiver: Receiver) -> None:
    hook = add_hook(db, settings, receiver.url)
    write(db, 5)
    with sending(db, settings):
        wait_for(lambda: states(db) == [DeliveryState.DELIVERED] * 5)
    assert len({got.event_id for got in receiver.got}) == len(receiver.got) == 5
    assert {got.verify(hook.secret)["type"] for got in receiver.got} == {"job.finished"}


def test_after_a_rotation_old_and_new_secret_verify(
    db: Database, settings: Settings, receiver: Receiver
) -> None:
    hook = add_hook(db, settings, receiver.url)
    with db.write() as session:
        new = rotate_secret(session, get_webhook(session, hook.id))
    write(db)
    with sending(db, settings):
        wait_for(lambda: receiver.got)
    for secret in (hook.secret, new):
        assert receiver.got[0].verify(secret)
    with pytest.raises(WebhookVerificationError):
        receiver.got[0].verify("whsec_" + "A" * 44)


def test_slow_receivers_hold_nobody_up(db: Database, settings: Settings, receiver: Receiver) -> None:
    """More receivers that never answer than there are places, each with messages that wait."""
    for _ in range(PLACES):
        add_hook(db, settings, f"http://127.0.0.1:{receiver.port}/held")
    write(db, 2)
    with sending(db, settings):
        wait_for(lambda: len(receiver.got) >= PLACES)
        # The first ones run into their time and count as failing from then on.
        wait_for(lambda: len(receiver.got) >= 2 * PLACES)
        quick = add_hook(db, settings, receiver.url, events=[EventType.JOB_FAILED])
        with db.write() as session:
            write_event(session, EventType.JOB_FAILED, {"job": {"id": 1}})
        began = time.monotonic()
        wait_for(lambda: any(got.path == "/hook" for got in receiver.got))
        assert time.monotonic() - began < 3
        assert next(got for got in receiver.got if got.path == "/hook").verify(quick.secret)


def test_a_stopped_sender_gives_back_what_is_on_its_way(
    db: Database, settings: Settings, receiver: Receiver
) -> None:
    add_hook(db, settings, f"http://127.0.0.1:{receiver.port}/held")
    write(db)
    senders = WebhookSenders(db, open_settings(settings).with_changes(webhook_seconds=30.0))
    senders.start()
    wait_for(lambda: receiver.got)
    began = time.monotonic()
    senders.stop()
    assert time.monotonic() - began < 5
    with db.read() as session:
        delivery = session.scalars(select(WebhookDelivery)).one()
    assert (delivery.state, delivery.attempts, delivery.lease_until) == (DeliveryState.WAITING, 0, None)
    receiver.release.set()
    with sending(db, settings):
        wait_for(lambda: states(db) == [DeliveryState.DELIVERED])
    assert {got.event_id for got in receiver.got} == {delivery.event_id}


def test_a_killed_sender_is_followed_by_another_after_its_lease(
    db: Database, settings: Settings, receiver: Receiver
) -> None:
    """The tick process is killed while the receiver keeps it waiting; the next one delivers."""
    settings.data.mkdir(exist_ok=True)
    add_hook(db, settings, f"http://127.0.0.1:{receiver.port}/held")
    write(db)
    environment = open_settings(settings).to_child_env()
    command = [sys.executable, "-m", "workers.tick"]
    with subprocess.Popen(command, env=environment) as first:
        wait_for(lambda: receiver.got, seconds=60)
        os.kill(first.pid, signal.SIGKILL)
    assert states(db) == [DeliveryState.WAITING]
    receiver.release.set()
    with sending(db, settings):
        wait_for(lambda: states(db) == [DeliveryState.DELIVERED])
    assert len(receiver.got) == 2 and len({got.event_id for got in receiver.got}) == 1


def test_an_unexpected_error_stops_no_sender_for_good(
    db: Database, settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_hook(db, settings, receiver.url)
    write(db)
    errors = [OperationalError("select", {}, Exception("gone")), RuntimeError("no such thing")]

    def refuse_twice(session: Session) -> bool:
        if errors:
            raise errors.pop()
        return is_any_due(session)

    monkeypatch.setattr("workers.webhooks._PAUSE_AFTER_ERROR", 0.05)
    monkeypatch.setattr("workers.webhooks.is_any_due", refuse_twice)
    with sending(db, settings):
        wait_for(lambda: states(db) == [DeliveryState.DELIVERED])
    assert errors == []
