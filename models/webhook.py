"""Webhooks: addresses that are told of events, and what was sent to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, JsonObject, text_enum


class EventType(StrEnum):
    """What programs are told of."""

    JOB_FINISHED = "job.finished"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    REPORT_READY = "report.ready"
    #: The interval of a job's share is below the target of its audit.
    TARGET_MISSED = "target.missed"
    VERSION_PROMOTED = "version.promoted"
    #: Two people answered differently about a face.
    CONFLICT_FOUND = "conflict.found"
    #: Sent by the button and the operation that try a webhook.
    TEST = "webhook.test"


class WebhookState(StrEnum):
    """Whether events are sent."""

    ACTIVE = "active"
    #: By a person: events of this time are not sent later.
    PAUSED = "paused"
    #: By the service: the receiver said that it is gone, or failed for days.
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """State of one event for one receiver."""

    #: It is sent at `next_at`.
    WAITING = "waiting"
    DELIVERED = "delivered"
    #: Given up after the last attempt, or when its webhook was disabled.
    FAILED = "failed"


class Webhook(Base):
    """An address that events are sent to."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(2000))
    #: Values of `EventType`.
    events: Mapped[list[str]]
    #: Signs what is sent, so it is stored as it is: `whsec_` and base64.
    secret: Mapped[str] = mapped_column(String(80))
    #: The secret before the last rotation, which signs too until `previous_until`.
    previous_secret: Mapped[str | None] = mapped_column(String(80))
    previous_until: Mapped[datetime | None]
    state: Mapped[WebhookState] = mapped_column(text_enum(WebhookState))
    #: Why the service disabled it.
    note: Mapped[str] = mapped_column(Text, default="")
    #: The first failure since the last success; NULL while it works.
    failing_since: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one webhook: written with the change that it tells of, then sent until it succeeds."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_state_next_at", "state", "next_at"),
        Index("ix_webhook_delivery_lease_until", "lease_until"),
        Index("ix_webhook_delivery_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    #: The header `webhook-id`: the same for all receivers, attempts and resends of an event.
    event_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[EventType] = mapped_column(text_enum(EventType))
    #: The body, exactly as it is sent and signed.
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[DeliveryState] = mapped_column(text_enum(DeliveryState))
    #: Attempts since it was written or sent again by a person.
    attempts: Mapped[int] = mapped_column(default=0)
    #: When the next attempt is due; NULL once it has ended.
    next_at: Mapped[datetime | None]
    #: Proof of the right to send it until `lease_until`; a sender that died leaves both.
    token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    #: The latest attempts, oldest first: {"at", "status", "milliseconds", "error"}.
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JsonObject, default=list)
    created_at: Mapped[datetime]
    #: When it was delivered or given up.
    ended_at: Mapped[datetime | None]
