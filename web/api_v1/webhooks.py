"""Webhooks and the log of their deliveries, for callers with the scope admin."""

from flask import url_for
from sqlalchemy.orm import Session

from core.webhooks.deliveries import resend_delivery
from core.webhooks.queries import (
    get_delivery,
    get_webhook,
    list_deliveries,
    list_webhooks,
    previous_secret_until,
)
from core.webhooks.store import (
    add_webhook,
    change_webhook,
    delete_webhook,
    pause_webhook,
    resume_webhook,
    rotate_secret,
    write_test,
)
from models import Scope, Webhook, WebhookDelivery
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.webhooks import (
    Delivery,
    DeliveryList,
    NewWebhook,
    WebhookAnswer,
    WebhookChange,
    WebhookList,
    WebhookRequest,
)
from web.api_v1.starting import create_once
from web.extension import database, settings


@api_v1.get("/webhooks")
@operation(Scope.ADMIN, answer=WebhookList, tag="webhooks")
def list_all_webhooks() -> WebhookList:
    """All webhooks by name, without their secrets."""
    with database().read() as rows:
        return WebhookList(webhooks=[_answer(rows, webhook) for webhook in list_webhooks(rows)])


@api_v1.post("/webhooks")
@operation(Scope.ADMIN, answer=NewWebhook, status=201, tag="webhooks", errors=(409,), repeatable=True)
def create_webhook(json: WebhookRequest) -> Answered:
    """Send events to an address from now on; the secret is in this answer alone.

    With an `Idempotency-Key` the request can be sent again within a day.
    """
    account_id = caller().account.id

    def create(rows: Session) -> Webhook:
        return add_webhook(
            rows, settings(), name=json.name, url=json.url, events=json.events, account_id=account_id
        )

    answer = create_once(
        create,
        _with_secret,
        lambda rows, made: _with_secret(rows, get_webhook(rows, made)),
        number=lambda webhook: webhook.id,
    )
    return answer, 201, {"Location": url_for(".read_webhook", webhook_id=answer.id)}


@api_v1.get("/webhooks/<int:webhook_id>")
@operation(Scope.ADMIN, answer=WebhookAnswer, tag="webhooks")
def read_webhook(webhook_id: int) -> WebhookAnswer:
    """One webhook."""
    with database().read() as rows:
        return _answer(rows, get_webhook(rows, webhook_id))


@api_v1.patch("/webhooks/<int:webhook_id>")
@operation(Scope.ADMIN, answer=WebhookAnswer, tag="webhooks")
def update_webhook(webhook_id: int, json: WebhookChange) -> WebhookAnswer:
    """Change name, address or events; pause or resume."""
    with database().write() as rows:
        webhook = get_webhook(rows, webhook_id, lock=True)
        change_webhook(rows, settings(), webhook, name=json.name, url=json.url, events=json.events)
        if json.state == "paused":
            pause_webhook(webhook)
        elif json.state == "active":
            resume_webhook(webhook)
        return _answer(rows, webhook)


@api_v1.delete("/webhooks/<int:webhook_id>")
@operation(Scope.ADMIN, status=204, tag="webhooks")
def end_webhook(webhook_id: int) -> Answered:
    """Delete a webhook with the log of its deliveries."""
    with database().write() as rows:
        delete_webhook(rows, get_webhook(rows, webhook_id))
    return "", 204


@api_v1.post("/webhooks/<int:webhook_id>/secret")
@operation(Scope.ADMIN, answer=NewWebhook, tag="webhooks")
def rotate_webhook_secret(webhook_id: int) -> NewWebhook:
    """Make a new secret, in this answer alone; for a day the one before it signs too."""
    with database().write() as rows:
        webhook = get_webhook(rows, webhook_id, lock=True)
        secret = rotate_secret(rows, webhook)
        return NewWebhook.of(webhook, previous_secret_until(rows, webhook), secret=secret)


@api_v1.post("/webhooks/<int:webhook_id>/test")
@operation(Scope.ADMIN, answer=Delivery, status=202, tag="webhooks")
def test_webhook(webhook_id: int) -> Answered:
    """Send a `webhook.test` event, also while the webhook is not active; the delivery tells how it went."""
    with database().write() as rows:
        return _accepted(write_test(rows, get_webhook(rows, webhook_id)))


@api_v1.get("/webhooks/<int:webhook_id>/deliveries")
@operation(Scope.ADMIN, answer=DeliveryList, tag="webhooks")
def list_webhook_deliveries(webhook_id: int, query: ListQuery) -> DeliveryList:
    """What was sent or waits, newest first; kept for 30 days."""
    before = read_cursor(query.after)
    with database().read() as rows:
        get_webhook(rows, webhook_id)
        found = list_deliveries(rows, webhook_id, before_id=before, limit=query.limit + 1)
    shown = found[: query.limit]
    return DeliveryList(
        deliveries=[Delivery.of(delivery) for delivery in shown],
        next=cursor_of(shown[-1].id) if len(found) > query.limit else None,
    )


@api_v1.get("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>")
@operation(Scope.ADMIN, answer=Delivery, tag="webhooks")
def read_delivery(webhook_id: int, delivery_id: int) -> Delivery:
    """One delivery with its attempts."""
    with database().read() as rows:
        return Delivery.of(get_delivery(rows, webhook_id, delivery_id))


@api_v1.post("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/resend")
@operation(Scope.ADMIN, answer=Delivery, status=202, tag="webhooks", errors=(409,))
def resend(webhook_id: int, delivery_id: int) -> Answered:
    """Send a delivery again, with the same id and body; 409 while it is being sent."""
    with database().write() as rows:
        delivery = get_delivery(rows, webhook_id, delivery_id)
        resend_delivery(rows, delivery)
        return _accepted(delivery)


def _answer(rows: Session, webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer.of(webhook, previous_secret_until(rows, webhook))


def _accepted(delivery: WebhookDelivery) -> Answered:
    address = url_for(".read_delivery", webhook_id=delivery.webhook_id, delivery_id=delivery.id)
    return Delivery.of(delivery), 202, {"Location": address}


def _with_secret(_rows: Session, webhook: Webhook) -> NewWebhook:
    return NewWebhook.of(webhook, None, secret=webhook.secret)
