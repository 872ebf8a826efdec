"""Deliveries are claimed by one sender, tried again for a day, given up, and sent again by a person."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.errors import InputError
from core.events.outbox import write_event
from core.settings import Settings
from core.webhooks.deliveries import (
    Outgoing,
    claim_delivery,
    correct_delivery_times,
    delete_old,
    record_outcome,
    release_delivery,
    resend_delivery,
)
from core.webhooks.post import Outcome
from core.webhooks.queries import get_webhook
from core.webhooks.retries import MOST_ATTEMPTS, PAUSES
from core.webhooks.store import (
    add_webhook,
    delete_webhook,
    pause_webhook,
    resume_webhook,
    rotate_secret,
    write_test,
)
from models import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState
from tests.cases import in_one_test
from tests.webhook_receiver import add_hook

_URL = "http://127.0.0.1:9/hook"
_GOOD = Outcome(status=204, milliseconds=5)
_BAD = Outcome(status=500, milliseconds=5, error="The receiver answered 500.")


@pytest.fixture
def hook(db: Database, settings: Settings) -> Webhook:
    return add_hook(db, settings, _URL)


def write(db: Database, count: int = 1) -> None:
    with db.write() as session:
        for number in range(count):
            write_event(session, EventType.JOB_FINISHED, {"job": {"id": number}})


def claim(db: Database, **more: bool) -> Outgoing | None:
    with db.write() as session:
        return claim_delivery(session, lease_seconds=30, **more)


def record(db: Database, outgoing: Outgoing, outcome: Outcome) -> WebhookDelivery | None:
    with db.write() as session:
        return record_outcome(session, outgoing, outcome)


def only(db: Database) -> WebhookDelivery:
    with db.read() as session:
        return session.scalars(select(WebhookDelivery)).one()


def pass_time(db: Database, **columns: timedelta) -> None:
    """Set times of all deliveries back."""
    with db.write() as session:
        for delivery in session.scalars(select(WebhookDelivery)):
            for name, span in columns.items():
                if getattr(delivery, name) is not None:
                    setattr(delivery, name, getattr(delivery, name) - span)


def test_one_sender_gets_a_delivery_until_its_lease_ends(db: Database, hook: Webhook) -> None:
    write(db)
    first = claim(db)
    assert first is not None and claim(db) is None
    pass_time(db, lease_until=timedelta(seconds=31))
    second = claim(db)
    assert second is not None and second.headers["webhook-id"] == first.headers["webhook-id"]
    assert record(db, first, _BAD) is None, "the first sender lost its lease"
    assert record(db, second, _GOOD) is not None
    assert (only(db).state, only(db).attempts) == (DeliveryState.DELIVERED, 1)
    assert claim(db) is None


def test_failures_are_tried_again_for_about_a_day_and_then_given_up(db: Database, hook: Webhook) -> None:
    assert 20 * 3600 < sum(PAUSES) < 28 * 3600
    write(db)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        outgoing = claim(db)
        assert outgoing is not None and claim(db) is None
        delivery = record(db, outgoing, _BAD)
        assert delivery is not None and delivery.attempts == attempt
        if attempt < MOST_ATTEMPTS:
            assert claim(db) is None, "not before its pause is over"
            pass_time(db, next_at=timedelta(seconds=1.2 * PAUSES[attempt - 1]))
    delivery = only(db)
    assert (delivery.state, delivery.next_at) == (DeliveryState.FAILED, None)
    assert [one["status"] for one in delivery.tries] == [500] * MOST_ATTEMPTS
    with db.read() as session:
        assert get_webhook(session, hook.id).state is WebhookState.ACTIVE


def test_a_receiver_that_asks_for_more_time_gets_it(db: Database, hook: Webhook) -> None:
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    busy = Outcome(status=429, milliseconds=1, error="busy", retry_after=900.0)
    delivery = record(db, outgoing, busy)
    assert delivery is not None and delivery.next_at is not None
    with db.read() as session:
        assert timedelta(seconds=890) < delivery.next_at - read_clock(session) <= timedelta(seconds=900)


def test_410_disables_the_webhook_with_all_that_waits(db: Database, hook: Webhook) -> None:
    write(db, 3)
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, Outcome(status=410, milliseconds=1, error="gone"))
    with db.read() as session:
        found = get_webhook(session, hook.id)
        states = set(session.scalars(select(WebhookDelivery.state)))
    assert found.state is WebhookState.DISABLED and "410" in found.note
    assert states == {DeliveryState.FAILED} and claim(db) is None
    write(db)
    with db.read() as session:
        assert len(session.scalars(select(WebhookDelivery.id)).all()) == 3, "no event is written for it"


def test_days_of_failures_disable_the_webhook_and_a_success_forgets_them(db: Database, hook: Webhook) -> None:
    def fail(days: float) -> WebhookState:
        write(db)
        with db.write() as session:
            since = read_clock(session) - timedelta(days=days)
            session.execute(update(Webhook).values(failing_since=since))
        outgoing = claim(db)
        assert outgoing is not None and outgoing.is_failing
        record(db, outgoing, _BAD)
        with db.read() as session:
            return get_webhook(session, hook.id).state

    assert fail(4.9) is WebhookState.ACTIVE
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, _GOOD)
    with db.read() as session:
        assert get_webhook(session, hook.id).failing_since is None
    assert fail(5.1) is WebhookState.DISABLED
    with db.write() as session:
        resume_webhook(get_webhook(session, hook.id))
    write(db)
    assert claim(db) is not None


def test_a_slow_receiver_gets_two_at_once_and_others_their_turn(
    db: Database, settings: Settings, hook: Webhook
) -> None:
    write(db, 5)
    other = add_hook(db, settings, _URL)
    write(db)
    claimed = [claim(db) for _ in range(4)]
    assert [one and one.webhook_id for one in claimed] == [hook.id, hook.id, other.id, None]


def test_where_failing_receivers_have_their_share_the_others_are_sent(
    db: Database, settings: Settings, hook: Webhook
) -> None:
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, _BAD)
    other = add_hook(db, settings, _URL)
    write(db)
    found = claim(db, with_failing=False)
    assert found is not None and found.webhook_id == other.id
    assert claim(db, with_failing=False) is None
    failing = claim(db)
    assert failing is not None and failing.webhook_id == hook.id


def test_what_waits_for_a_paused_webhook_is_sent_after_its_resume(db: Database, hook: Webhook) -> None:
    write(db)
    with db.write() as session:
        pause_webhook(get_webhook(session, hook.id))
    assert claim(db) is None
    with db.write() as session:
        write_test(session, get_webhook(session, hook.id))
    outgoing = claim(db)
    assert outgoing is not None and "webhook.test" in outgoing.body, "a test is sent all the same"
    with db.write() as session:
        resume_webhook(get_webhook(session, hook.id))
    assert claim(db) is not None


def test_a_failed_test_is_not_tried_again(db: Database, hook: Webhook) -> None:
    with db.write() as session:
        write_test(session, get_webhook(session, hook.id))
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, _BAD)
    assert only(db).state is DeliveryState.FAILED


def test_a_stopped_sender_gives_its_delivery_back_uncounted(db: Database, hook: Webhook) -> None:
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    with db.write() as session:
        release_delivery(session, outgoing)
    again = claim(db)
    assert again is not None
    delivery = record(db, again, _GOOD)
    assert delivery is not None and delivery.attempts == 1


def test_a_person_sends_again_what_has_ended_and_not_what_is_on_its_way(db: Database, hook: Webhook) -> None:
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    with pytest.raises(InputError) as caught, db.write() as session:
        resend_delivery(session, session.get_one(WebhookDelivery, outgoing.delivery_id))
    assert caught.value.code == "delivery_on_its_way"
    record(db, outgoing, _GOOD)
    with db.write() as session:
        resend_delivery(session, session.get_one(WebhookDelivery, outgoing.delivery_id))
    again = claim(db)
    assert again is not None and again.headers["webhook-id"] == outgoing.headers["webhook-id"]
    record(db, again, _GOOD)
    assert len(only(db).tries) == 2
    with pytest.raises(InputError) as caught, db.write() as session:
        pause_webhook(get_webhook(session, hook.id))
        resend_delivery(session, session.get_one(WebhookDelivery, outgoing.delivery_id))
    assert caught.value.code == "webhook_not_active"


def test_a_webhook_deleted_while_a_message_is_on_its_way(db: Database, hook: Webhook) -> None:
    write(db)
    outgoing = claim(db)
    assert outgoing is not None
    with db.write() as session:
        delete_webhook(session, get_webhook(session, hook.id))
    assert record(db, outgoing, _GOOD) is None


def test_the_secret_before_a_rotation_signs_too_for_a_day(db: Database, hook: Webhook) -> None:
    with db.write() as session:
        rotate_secret(session, get_webhook(session, hook.id))
    write(db, 2)
    both = claim(db)
    assert both is not None and len(both.headers["webhook-signature"].split()) == 2
    with db.write() as session:
        found = get_webhook(session, hook.id)
        found.previous_until -= timedelta(days=1)
    one = claim(db)
    assert one is not None and len(one.headers["webhook-signature"].split()) == 1


def test_after_the_clock_was_set_back_deliveries_are_due(db: Database, hook: Webhook) -> None:
    write(db, 3)
    for _ in range(2):
        outgoing = claim(db)
        assert outgoing is not None
    record(db, outgoing, _BAD)
    with db.read() as session:
        pause = session.get_one(WebhookDelivery, outgoing.delivery_id).next_at
    pass_time(db, next_at=timedelta(days=-2), lease_until=timedelta(days=-2))
    with db.write() as session:
        session.get_one(WebhookDelivery, outgoing.delivery_id).next_at = pause
        correct_delivery_times(session, set_back=None)
    assert claim(db) is not None and claim(db) is not None, "one never tried, one whose lease nobody renews"
    with db.read() as session:
        assert session.get_one(WebhookDelivery, outgoing.delivery_id).next_at == pause, "a pause stays"


def test_a_pause_ends_as_if_the_clock_had_not_been_set_back(db: Database, hook: Webhook) -> None:
    write(db, 1)
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, _BAD)
    with db.read() as session:
        pause = session.get_one(WebhookDelivery, outgoing.delivery_id).next_at
    pass_time(db, next_at=timedelta(hours=-1))
    with db.write() as session:
        correct_delivery_times(session, set_back=3600)
    with db.read() as session:
        assert session.get_one(WebhookDelivery, outgoing.delivery_id).next_at == pause


def test_old_deliveries_are_deleted_once_they_have_ended(db: Database, hook: Webhook) -> None:
    write(db, 2)
    outgoing = claim(db)
    assert outgoing is not None
    record(db, outgoing, _GOOD)
    pass_time(db, ended_at=timedelta(days=31), created_at=timedelta(days=31))
    with db.write() as session:
        assert delete_old(session) == 1
    assert only(db).state is DeliveryState.WAITING


@in_one_test(
    "given",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x" * 81},
        {"events": []},
        {"events": [EventType.TEST]},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(db: Database, settings: Settings, given: dict) -> None:
    good = {"name": "shop", "url": "https://shop.example/", "events": [EventType.JOB_FAILED]}
    with pytest.raises(InputError) as caught, db.write() as session:
        add_webhook(session, settings, account_id=None, **good | given)
    assert caught.value.code == "webhook_invalid"
