"""Webhooks and what was sent to them."""

import json
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from core.webhooks.store import LONGEST_NAME
from models import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState
from web.api_v1.schemas.base import Answer, Asked

_EVENTS = Field(min_length=1, description="What the receiver is told of.")


class WebhookAnswer(Answer):
    """A webhook, without its secret."""

    id: int
    name: str
    url: str
    events: list[EventType]
    state: WebhookState
    note: str = Field(description="Why the service disabled it.")
    failing_since: datetime | None = Field(description="First failure since the last success.")
    previous_secret_until: datetime | None = Field(
        description="Until when the secret before the last rotation signs too."
    )
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, previous_until: datetime | None, **more: str) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"previous_secret_until", *more}
        values = {name: getattr(webhook, name) for name in names}
        return cls(**values, previous_secret_until=previous_until, **more)


class NewWebhook(WebhookAnswer):
    """A webhook with a secret that was just made."""

    secret: str = Field(description="Verifies what is sent; shown this once. `whsec_` and base64.")


class WebhookList(Answer):
    """All webhooks, by name."""

    webhooks: list[WebhookAnswer]


class WebhookRequest(Asked):
    """A new webhook."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    url: str = Field(description="An https address outside private networks.")
    events: list[EventType] = _EVENTS


class WebhookChange(Asked):
    """What to change of a webhook; what is not given stays."""

    name: str | None = Field(None, min_length=1, max_length=LONGEST_NAME)
    url: str | None = None
    events: list[EventType] | None = Field(None, min_length=1)
    state: Literal["active", "paused"] | None = Field(
        None, description="`active` also resumes a webhook that the service disabled."
    )


class Try(Answer):
    """One attempt to deliver."""

    at: datetime
    status: int | None = Field(description="HTTP status; null where no answer came.")
    milliseconds: int
    error: str


class Delivery(Answer):
    """One event for one webhook."""

    id: int
    webhook_id: int
    event_id: str = Field(description="The header `webhook-id`: the same in every attempt and resend.")
    event: EventType
    state: DeliveryState
    attempts: int = Field(description="Since it was written or sent again.")
    next_at: datetime | None = Field(description="When the next attempt is due.")
    created_at: datetime
    ended_at: datetime | None
    tries: list[Try] = Field(description="The latest attempts, oldest first.")
    body: dict[str, Any] = Field(description="What is sent.")

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"tries", "body"}
        return cls(
            **{name: getattr(delivery, name) for name in names},
            tries=[Try(**one) for one in delivery.tries],
            body=json.loads(delivery.body),
        )


class DeliveryList(Answer):
    """A page of deliveries, newest first."""

    deliveries: list[Delivery]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
