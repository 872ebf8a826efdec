"""Claim a batch: one conditional UPDATE decides which worker gets it."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.kinds import waiting_stage_names
from models import Batch, BatchState, Job, JobState

#: Jobs in these states give out batches.
CLAIMABLE_JOB_STATES = (JobState.WAITING, JobState.RUNNING)

#: The number of the advisory lock under which waiting batches are counted.
_WAITING_LOCK = 0x6D61736B


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claimed batch; `token` proves that the worker holds it."""

    batch_id: int
    job_id: int
    #: Name of the stage.
    kind: str
    token: str
    attempts: int
    sequence: int
    first_position: int | None
    last_position: int | None
    payload: dict[str, Any]


def claim_batch(
    session: Session,
    *,
    worker: str,
    lease_seconds: float,
    kinds: Collection[str],
    job_id: int | None = None,
    most_waiting: int | None = None,
) -> Claim | None:
    """Claim the next batch that is due; None if there is none.

    Jobs take turns: the one that was served longest ago comes first. `job_id` limits the search to one job.
    `worker` is the host and the process id. The workers of one host hold at most `most_waiting` batches of
    stages that wait for other machines, so that slow servers do not take every worker.
    """
    now = read_clock(session)
    if most_waiting is not None and _is_full(session, now, kinds, worker, most_waiting):
        kinds = frozenset(kinds) - waiting_stage_names()
    for candidate in _jobs_in_turn(session, now, kinds, job_id):
        batch = _take(session, candidate, now, worker, lease_seconds, kinds)
        if batch is not None:
            _note_turn(session, candidate, now)
            return _as_claim(batch)
    return None


def _claimable(now: datetime, kinds: Collection[str]) -> Select[int]:
    """Select ids of batches that can be claimed at `now`."""
    return select(Batch.id).where(
        Batch.state == BatchState.WAITING, Batch.not_before <= now, Batch.kind.in_(kinds)
    )


def _is_full(session: Session, now: datetime, kinds: Collection[str], worker: str, most_waiting: int) -> bool:
    """Whether the workers of this host hold as many waiting batches as they may; asked only where one is due.

    On PostgreSQL a lock until the end of the transaction makes two claims count one after the other.
    """
    waiting = waiting_stage_names().intersection(kinds)
    if not waiting or session.scalars(_claimable(now, waiting).limit(1)).one_or_none() is None:
        return False
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_WAITING_LOCK)))
    held = (
        select(func.count())
        .select_from(Batch)
        .where(
            Batch.state == BatchState.LEASED,
            Batch.lease_until > now,
            Batch.kind.in_(waiting),
            Batch.worker.startswith(worker.rpartition(":")[0] + ":", autoescape=True),
        )
    )
    return session.scalars(held).one() >= most_waiting


def _jobs_in_turn(
    session: Session, now: datetime, kinds: Collection[str], job_id: int | None
) -> Iterator[int]:
    open_batches = exists(_claimable(now, kinds).where(Batch.job_id == Job.id).correlate(Job))
    query = (
        select(Job.id)
        .where(Job.state.in_(CLAIMABLE_JOB_STATES), open_batches)
        .order_by(Job.last_claim_at.asc().nulls_first(), Job.id)
        .limit(20)
    )
    if job_id is not None:
        query = query.where(Job.id == job_id)
    yield from session.scalars(query).all()


def _take(
    session: Session,
    job_id: int,
    now: datetime,
    worker: str,
    lease_seconds: float,
    kinds: Collection[str],
) -> Batch | None:
    next_id = (
        _claimable(now, kinds)
        .where(Batch.job_id == job_id)
        .order_by(Batch.not_before, Batch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return session.scalars(
        update(Batch)
        .where(Batch.id == next_id, Batch.state == BatchState.WAITING)
        .values(
            state=BatchState.LEASED,
            token=secrets.token_hex(16),
            lease_until=now + timedelta(seconds=lease_seconds),
            worker=worker,
            attempts=Batch.attempts + 1,
            claimed_at=now,
        )
        .returning(Batch)
        .execution_options(synchronize_session=False)
    ).one_or_none()


def _note_turn(session: Session, job_id: int, now: datetime) -> None:
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.WAITING)
        .values(state=JobState.RUNNING, started_at=now)
    )
    session.execute(update(Job).where(Job.id == job_id).values(last_claim_at=now))


def _as_claim(batch: Batch) -> Claim:
    assert batch.token is not None
    return Claim(
        batch_id=batch.id,
        job_id=batch.job_id,
        kind=batch.kind,
        token=batch.token,
        attempts=batch.attempts,
        sequence=batch.sequence,
        first_position=batch.first_position,
        last_position=batch.last_position,
        payload=dict(batch.payload),
    )
