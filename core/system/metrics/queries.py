"""Read what `/metrics` tells of the whole service, by one aggregate of each table that is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.system.metrics.counts import Counted, Requests, Work
from core.system.queries import list_beats
from models import (
    Batch,
    BatchState,
    DeliveryState,
    Job,
    JobState,
    RequestCount,
    ServicePart,
    Webhook,
    WebhookDelivery,
    WebhookState,
    WorkCount,
)

#: Batches in other states are counted by `WorkCount` when they end: there are millions of them.
_COUNTED_STATES = (BatchState.WAITING, BatchState.LEASED)


@dataclass(frozen=True, kw_only=True)
class BatchesNow:
    """Batches of one stage in one state."""

    stage: str
    state: BatchState
    batches: int


@dataclass(frozen=True, kw_only=True)
class WebhookQueue:
    """What waits to be sent."""

    waiting: int
    #: How long ago the first of them was due; 0 where none is.
    overdue_seconds: float
    #: Webhooks by state.
    webhooks: dict[WebhookState, int]


@dataclass(frozen=True, kw_only=True)
class ServiceMetrics:
    """The whole service at one moment."""

    jobs: dict[tuple[str, JobState], int]
    batches: Sequence[BatchesNow]
    #: Seconds since the batch that has waited longest could have been claimed; 0 where none waits.
    oldest_waiting_seconds: float
    work: dict[tuple[Work, int], Counted]
    requests: dict[tuple[Requests, int], Counted]
    #: Processes with a recent sign of life.
    processes: dict[ServicePart, int]
    webhooks: WebhookQueue


def read_metrics(session: Session) -> ServiceMetrics:
    """Everything that the database knows."""
    batches, oldest = _read_batches(session)
    alive = [beat.part for beat in list_beats(session) if beat.is_alive]
    return ServiceMetrics(
        jobs=_read_jobs(session),
        batches=batches,
        oldest_waiting_seconds=oldest,
        work=_read_work(session),
        requests=_read_requests(session),
        processes={part: alive.count(part) for part in ServicePart},
        webhooks=_read_webhooks(session),
    )


def _read_jobs(session: Session) -> dict[tuple[str, JobState], int]:
    query = (
        select(Job.kind, Job.state, func.count())
        .where(Job.deleted_at.is_(None))
        .group_by(Job.kind, Job.state)
    )
    return {(kind, state): count for kind, state, count in session.execute(query)}


def _read_batches(session: Session) -> tuple[list[BatchesNow], float]:
    """Open batches, and the age of the one that is due for longest; those of paused jobs do not wait."""
    now = read_clock(session)
    first = func.min(Batch.not_before, type_=Batch.not_before.type)
    query = (
        select(Batch.kind, Batch.state, Job.state, func.count(), first)
        .join(Job, Job.id == Batch.job_id)
        .where(Batch.state.in_(_COUNTED_STATES))
        .group_by(Batch.kind, Batch.state, Job.state)
    )
    counts: dict[tuple[str, BatchState], int] = {}
    ages = [0.0]
    for stage, state, job_state, count, due in session.execute(query):
        counts[stage, state] = counts.get((stage, state), 0) + count
        if state is BatchState.WAITING and job_state in (JobState.WAITING, JobState.RUNNING):
            ages.append((now - due).total_seconds())
    found = [BatchesNow(stage=stage, state=state, batches=count) for (stage, state), count in counts.items()]
    return found, max(ages)


def _read_work(session: Session) -> dict[tuple[Work, int], Counted]:
    return {
        ((row.stage, row.event), row.bucket): Counted(
            number=row.number, seconds=row.seconds, photos=row.photos
        )
        for row in session.scalars(select(WorkCount))
    }


def _read_requests(session: Session) -> dict[tuple[Requests, int], Counted]:
    return {
        ((row.route, row.method, row.status), row.bucket): Counted(number=row.number, seconds=row.seconds)
        for row in session.scalars(select(RequestCount))
    }


def _read_webhooks(session: Session) -> WebhookQueue:
    due = func.min(WebhookDelivery.next_at, type_=WebhookDelivery.next_at.type)
    waiting = select(func.count(), due).where(WebhookDelivery.state == DeliveryState.WAITING)
    count, first = session.execute(waiting).one()
    late = (read_clock(session) - first).total_seconds() if first is not None else 0.0
    states = session.execute(select(Webhook.state, func.count()).group_by(Webhook.state))
    return WebhookQueue(
        waiting=count,
        overdue_seconds=max(late, 0.0),
        webhooks=dict(states.all()),
    )
