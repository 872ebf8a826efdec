"""Write events for webhooks in the transaction of the change that they tell of.

So an event is sent exactly if the change was committed: none is lost when a process dies, and none tells of
what was rolled back. The tick process sends what is written here.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from models import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState

_ID_BYTES = 16


def write_event(session: Session, event: EventType, data: Mapping[str, Any]) -> str | None:
    """Write the event for every active webhook that asks for it; its id, None if there is none.

    The webhooks stay locked against deletion until the transaction ends.
    """
    active = (
        select(Webhook)
        .where(Webhook.state == WebhookState.ACTIVE)
        .order_by(Webhook.id)
        .with_for_update(read=True, key_share=True)
    )
    wanted = [webhook for webhook in session.scalars(active) if event.value in webhook.events]
    if not wanted:
        return None
    return write_deliveries(session, wanted, event, data)[0].event_id


def write_deliveries(
    session: Session, webhooks: Sequence[Webhook], event: EventType, data: Mapping[str, Any]
) -> list[WebhookDelivery]:
    """Write one event for these webhooks, whatever they ask for."""
    now = read_clock(session)
    event_id, body = f"msg_{secrets.token_hex(_ID_BYTES)}", _body(event, now, data)
    deliveries = [
        WebhookDelivery(
            webhook_id=webhook.id,
            event_id=event_id,
            event=event,
            body=body,
            state=DeliveryState.WAITING,
            next_at=now,
            created_at=now,
        )
        for webhook in webhooks
    ]
    session.add_all(deliveries)
    session.flush()
    return deliveries


def _body(event: EventType, now: datetime, data: Mapping[str, Any]) -> str:
    """The payload of Standard Webhooks: type, time and data."""
    written = {"type": event.value, "timestamp": now, "data": data}
    return json.dumps(written, separators=(",", ":"), default=_as_json)


def _as_json(value: object) -> str:
    """Times in UTC as in the API."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no place in an event")
