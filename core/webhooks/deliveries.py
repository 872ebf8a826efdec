"""Claim deliveries that are due, record their attempts, send them again, and delete old ones.

A claim holds a delivery until `lease_until`, by a token that every later write must match. A sender that dies
writes nothing more, and after the lease the delivery is due again: each event arrives at least once.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.database import read_clock
from core.errors import InputError
from core.webhooks.post import Outcome
from core.webhooks.retries import LONGEST_FAILING, LONGEST_PAUSE_SECONDS, pause_after
from core.webhooks.signature import sign_headers
from core.webhooks.store import disable_webhook
from models import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState

#: Messages on their way to one receiver at once.
_AT_ONCE = 2
#: The setting `webhook_seconds` allows no longer lease.
LONGEST_LEASE_SECONDS = 120.0
#: Attempts that the log keeps of a delivery.
_MOST_TRIES = 20
#: Deliveries that ended longer ago are deleted.
KEPT = timedelta(days=30)
_DELETED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A claimed delivery: what is to be sent, and the proof that this sender may."""

    delivery_id: int
    webhook_id: int
    token: str
    url: str
    body: str
    headers: dict[str, str]
    #: Whether the receiver has failed since its last success.
    is_failing: bool


def is_any_due(session: Session) -> bool:
    """Whether a delivery can be claimed, apart from limits of how many are sent at once."""
    return session.scalars(_due(read_clock(session)).limit(1)).one_or_none() is not None


def claim_delivery(session: Session, *, lease_seconds: float, with_failing: bool = True) -> Outgoing | None:
    """Claim the delivery that is due first; None if there is none.

    Receivers that get two messages just now wait, and those that fail too unless `with_failing`.
    """
    now = read_clock(session)
    due = _due(now).where(_on_their_way(now) < _AT_ONCE)
    if not with_failing:
        due = due.where(Webhook.failing_since.is_(None))
    first = due.order_by(WebhookDelivery.next_at, WebhookDelivery.id).limit(1)
    first = first.with_for_update(of=WebhookDelivery, skip_locked=True)
    claimed = session.scalars(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == first.scalar_subquery(),
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now),
        )
        .values(token=secrets.token_hex(16), lease_until=now + timedelta(seconds=lease_seconds))
        .returning(WebhookDelivery)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if claimed is None else _outgoing(session, claimed, now)


def _due(now: datetime) -> Select[int]:
    sends = or_(Webhook.state == WebhookState.ACTIVE, WebhookDelivery.event == EventType.TEST)
    return (
        select(WebhookDelivery.id)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.next_at <= now,
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now),
            sends,
        )
    )


def _on_their_way(now: datetime) -> ColumnElement[int]:
    other = aliased(WebhookDelivery)
    held = select(func.count()).where(other.webhook_id == Webhook.id, other.lease_until > now)
    return held.correlate(Webhook).scalar_subquery()


def _outgoing(session: Session, delivery: WebhookDelivery, now: datetime) -> Outgoing:
    webhook = session.get_one(Webhook, delivery.webhook_id)
    keys = [webhook.secret]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > now:
        keys.append(webhook.previous_secret)
    assert delivery.token is not None
    return Outgoing(
        delivery_id=delivery.id,
        webhook_id=delivery.webhook_id,
        token=delivery.token,
        url=webhook.url,
        body=delivery.body,
        headers=sign_headers(delivery.event_id, now, delivery.body, keys),
        is_failing=webhook.failing_since is not None,
    )


def record_outcome(session: Session, outgoing: Outgoing, outcome: Outcome) -> WebhookDelivery | None:
    """Record an attempt: delivered, due again later, given up, or the webhook disabled.

    None where the lease ran out and the delivery is somebody else's now, or gone: nothing is written.
    """
    # A webhook is locked before its deliveries, as its deletion does.
    webhook = session.get(Webhook, outgoing.webhook_id, with_for_update={"key_share": True})
    delivery = _lock_held(session, outgoing)
    if webhook is None or delivery is None:
        return None
    now = read_clock(session)
    delivery.token = delivery.lease_until = None
    delivery.attempts += 1
    delivery.tries = [*delivery.tries, _as_try(now, outcome)][-_MOST_TRIES:]
    if outcome.is_delivered:
        _end(delivery, DeliveryState.DELIVERED, now)
        webhook.failing_since = None
    else:
        _record_failure(session, webhook, delivery, outcome, now)
    session.flush()
    return delivery


def _record_failure(
    session: Session, webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome, now: datetime
) -> None:
    webhook.failing_since = webhook.failing_since or now
    pause = pause_after(delivery.attempts, outcome.retry_after)
    if pause is None or delivery.event is EventType.TEST:
        _end(delivery, DeliveryState.FAILED, now)
    else:
        delivery.next_at = now + timedelta(seconds=pause)
    session.flush()
    if outcome.is_gone:
        disable_webhook(session, webhook, "The receiver answered 410: it wants no more messages.")
    elif webhook.state is WebhookState.ACTIVE and now - webhook.failing_since > LONGEST_FAILING:
        disable_webhook(session, webhook, f"Nothing could be delivered for {LONGEST_FAILING.days} days.")


def release_delivery(session: Session, outgoing: Outgoing) -> None:
    """Give a claimed delivery back, uncounted: its sender ends."""
    delivery = _lock_held(session, outgoing)
    if delivery is not None:
        delivery.token = delivery.lease_until = None


def resend_delivery(session: Session, delivery: WebhookDelivery) -> None:
    """Send a delivery now and, if that fails, as often again as a new one; its id stays.

    Raises InputError delivery_on_its_way while a sender has it, webhook_not_active.
    """
    session.refresh(delivery, with_for_update=True)
    now = read_clock(session)
    if delivery.lease_until is not None and delivery.lease_until > now:
        raise InputError("delivery_on_its_way", "The message is being sent just now.")
    webhook = session.get_one(Webhook, delivery.webhook_id)
    if webhook.state is not WebhookState.ACTIVE and delivery.event is not EventType.TEST:
        raise InputError("webhook_not_active", f"The webhook is {webhook.state.value}: resume it first.")
    delivery.state, delivery.attempts = DeliveryState.WAITING, 0
    delivery.next_at, delivery.ended_at = now, None
    delivery.token = delivery.lease_until = None


def correct_delivery_times(session: Session, *, set_back: float | None) -> None:
    """Correct times after the clock was set back, by `set_back` seconds if that is known.

    If it is unknown, those are corrected that no pause and no lease explains.
    """
    now = read_clock(session)
    if set_back is not None:
        paused = WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.next_at > now
        for row in session.scalars(select(WebhookDelivery).where(*paused)):
            assert row.next_at is not None
            row.next_at = max(now, row.next_at - timedelta(seconds=set_back))
    waiting = update(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.WAITING)
    far = now + timedelta(seconds=LONGEST_PAUSE_SECONDS)
    ahead = or_(WebhookDelivery.next_at > far, WebhookDelivery.attempts == 0)
    held = WebhookDelivery.lease_until > now + timedelta(seconds=LONGEST_LEASE_SECONDS)
    for change in (
        waiting.where(WebhookDelivery.next_at > now, ahead).values(next_at=now),
        waiting.where(held).values(token=None, lease_until=None),
    ):
        session.execute(change.execution_options(synchronize_session=False))


def delete_old(session: Session) -> int:
    """Delete some deliveries that ended a month ago; returns how many."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.ended_at < read_clock(session) - KEPT)
    removed = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old.limit(_DELETED_AT_ONCE)))
    return int(session.execute(removed.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _lock_held(session: Session, outgoing: Outgoing) -> WebhookDelivery | None:
    held = WebhookDelivery.id == outgoing.delivery_id, WebhookDelivery.token == outgoing.token
    return session.scalars(select(WebhookDelivery).where(*held).with_for_update()).one_or_none()


def _end(delivery: WebhookDelivery, state: DeliveryState, now: datetime) -> None:
    delivery.state, delivery.next_at, delivery.ended_at = state, None, now


def _as_try(now: datetime, outcome: Outcome) -> dict[str, object]:
    return {
        "at": now.isoformat(),
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
        "error": outcome.error,
    }
