"""Read webhooks and the log of their deliveries."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from models import Webhook, WebhookDelivery


def list_webhooks(session: Session) -> Sequence[Webhook]:
    """All webhooks, in the order of their names."""
    return session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)).all()


def get_webhook(session: Session, webhook_id: int, *, lock: bool = False) -> Webhook:
    """One webhook; raises InputError webhook_not_found."""
    webhook = session.get(Webhook, webhook_id, with_for_update={"key_share": True} if lock else None)
    if webhook is None:
        raise InputError("webhook_not_found", f"There is no webhook {webhook_id}.")
    return webhook


def list_deliveries(
    session: Session, webhook_id: int, *, before_id: int | None = None, limit: int = 50
) -> Sequence[WebhookDelivery]:
    """Deliveries of a webhook, newest first; those before `before_id`."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if before_id is not None:
        query = query.where(WebhookDelivery.id < before_id)
    return session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def get_delivery(session: Session, webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """One delivery of a webhook; raises InputError delivery_not_found."""
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook_id:
        raise InputError("delivery_not_found", f"There is no delivery {delivery_id} of webhook {webhook_id}.")
    return delivery


def read_last_deliveries(session: Session) -> dict[int, WebhookDelivery]:
    """The newest delivery of each webhook that has one, by webhook."""
    newest = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.webhook_id == Webhook.id)
        .order_by(WebhookDelivery.id.desc())
        .limit(1)
        .correlate(Webhook)
        .scalar_subquery()
    )
    query = select(WebhookDelivery).join(Webhook, WebhookDelivery.id == newest)
    return {delivery.webhook_id: delivery for delivery in session.scalars(query)}


def previous_secret_until(session: Session, webhook: Webhook) -> datetime | None:
    """Until when the secret before the last rotation signs too; None if it does not any more."""
    until = webhook.previous_until
    return until if until is not None and until > read_clock(session) else None
