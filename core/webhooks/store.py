"""Add, change, pause and delete webhooks, and rotate their secrets."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.events.outbox import write_deliveries
from core.settings import Settings
from core.webhooks.endpoint import clean_endpoint
from core.webhooks.signature import new_secret
from models import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState

#: Events that a webhook can ask for; a test needs no asking.
EVENTS = tuple(event for event in EventType if event is not EventType.TEST)
LONGEST_NAME = 80
#: So long after a rotation the secret before it signs too.
OVERLAP = timedelta(days=1)
#: Every event is written for each of them.
MOST_WEBHOOKS = 100


def add_webhook(
    session: Session,
    settings: Settings,
    *,
    name: str,
    url: str,
    events: Collection[EventType],
    account_id: int | None,
) -> Webhook:
    """A new webhook, whose secret is to be shown this once.

    Raises InputError webhook_invalid, webhooks_too_many, and the errors of `clean_endpoint`.
    """
    if session.scalars(select(func.count()).select_from(Webhook)).one() >= MOST_WEBHOOKS:
        raise InputError("webhooks_too_many", f"There are {MOST_WEBHOOKS} webhooks already; delete one.")
    webhook = Webhook(
        name=_clean_name(name),
        url=clean_endpoint(url, settings),
        events=_clean_events(events),
        secret=new_secret(),
        state=WebhookState.ACTIVE,
        account_id=account_id,
        created_at=read_clock(session),
    )
    session.add(webhook)
    session.flush()
    return webhook


def change_webhook(
    session: Session,
    settings: Settings,
    webhook: Webhook,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Collection[EventType] | None = None,
) -> None:
    """Change what is given; raises the errors of `add_webhook`. What still waits goes to the new address."""
    if name is not None:
        webhook.name = _clean_name(name)
    if url is not None:
        webhook.url = clean_endpoint(url, settings)
    if events is not None:
        webhook.events = _clean_events(events)


def rotate_secret(session: Session, webhook: Webhook) -> str:
    """A new secret; the one before it signs too for a day. One from before a second rotation ends at once."""
    webhook.previous_secret = webhook.secret
    webhook.previous_until = read_clock(session) + OVERLAP
    webhook.secret = new_secret()
    return webhook.secret


def pause_webhook(webhook: Webhook) -> None:
    """Write no events for it, and send none that wait, until it is resumed."""
    webhook.state = WebhookState.PAUSED


def resume_webhook(webhook: Webhook) -> None:
    """Send again; what failed before can be sent again one by one."""
    webhook.state, webhook.note, webhook.failing_since = WebhookState.ACTIVE, "", None


def disable_webhook(session: Session, webhook: Webhook, note: str) -> None:
    """Give the receiver up, with everything that waits for it; a person can resume it."""
    webhook.state, webhook.note = WebhookState.DISABLED, note
    waiting = WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == DeliveryState.WAITING
    session.execute(
        update(WebhookDelivery)
        .where(*waiting)
        .values(state=DeliveryState.FAILED, next_at=None, ended_at=read_clock(session))
        .execution_options(synchronize_session=False)
    )


def delete_webhook(session: Session, webhook: Webhook) -> None:
    """Delete it with the log of its deliveries."""
    session.delete(webhook)
    session.flush()


def write_test(session: Session, webhook: Webhook) -> WebhookDelivery:
    """Write a test event for this webhook alone; it is sent even while the webhook is not active."""
    data = {"webhook": {"id": webhook.id, "name": webhook.name}}
    return write_deliveries(session, [webhook], EventType.TEST, data)[0]


def _clean_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(
            "webhook_invalid", f"The name of a webhook must have 1 to {LONGEST_NAME} printable characters."
        )
    return name


def _clean_events(events: Collection[EventType]) -> list[str]:
    if not events:
        raise InputError("webhook_invalid", "Choose at least one event.")
    if EventType.TEST in events:
        raise InputError("webhook_invalid", f"{EventType.TEST.value} is sent by the test alone.")
    return [event.value for event in EVENTS if event in events]
