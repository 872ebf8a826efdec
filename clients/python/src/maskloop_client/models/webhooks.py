# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: webhooks."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


class WebhookAnswer(Model):
    """A webhook, without its secret."""

    id: int
    name: str
    url: str
    events: list[str]
    #: One of active, paused, disabled.
    state: str
    #: Why the service disabled it.
    note: str
    #: First failure since the last success.
    failing_since: dt.datetime | None
    #: Until when the secret before the last rotation signs too.
    previous_secret_until: dt.datetime | None
    created_at: dt.datetime


class NewWebhook(WebhookAnswer):
    """A webhook with a secret that was just made."""

    #: Verifies what is sent; shown this once. `whsec_` and base64.
    secret: str


class Try(Model):
    """One attempt to deliver."""

    at: dt.datetime
    #: HTTP status; null where no answer came.
    status: int | None
    milliseconds: int
    error: str


class Delivery(Model):
    """One event for one webhook."""

    id: int
    webhook_id: int
    #: The header `webhook-id`: the same in every attempt and resend.
    event_id: str
    #: One of job.finished, job.failed, job.cancelled, report.ready, target.missed, version.promoted,
    #: conflict.found, webhook.test.
    event: str
    #: One of waiting, delivered, failed.
    state: str
    #: Since it was written or sent again.
    attempts: int
    #: When the next attempt is due.
    next_at: dt.datetime | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    #: The latest attempts, oldest first.
    tries: list[Try]
    #: What is sent.
    body: dict[str, Any]
