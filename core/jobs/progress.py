"""Progress of a job and health of the service, from counters and indexes: photos are never counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.claim import CLAIMABLE_JOB_STATES
from core.jobs.kinds import Runner, get_stage, stage_names
from core.settings import Settings
from models import Batch, BatchState, Job, JobState

#: The rate is measured over this window, so that it follows the load.
_RATE_WINDOW = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """How far a job is."""

    #: Fraction of photos or steps done, 0 to 1; None while the input is still being listed.
    fraction: float | None
    photos_per_second: float | None
    seconds_left: float | None
    #: Name of the current stage; empty if the job has ended.
    stage: str
    #: A sentence for the page if work waits and nobody claims it.
    stalled: str | None
    #: Batches in work now.
    workers_active: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether claimable work is being claimed."""

    ok: bool
    sentence: str
    oldest_waiting_seconds: float | None


def read_progress(session: Session, job: Job, settings: Settings) -> JobProgress:
    """Progress from the job's counters, and the rate of the last half minute."""
    now = read_clock(session)
    done, found = _counted(job)
    running = job.state in CLAIMABLE_JOB_STATES
    rate = _rate(session, job, now) if running else None
    left = found - done
    return JobProgress(
        fraction=(done / found if found else float(job.state is JobState.DONE)) if job.listed else None,
        photos_per_second=rate,
        seconds_left=left / rate if rate and job.listed and left else None,
        stage=job.stage if running or job.state is JobState.PAUSED else "",
        stalled=_stalled_sentence(session, settings, job) if running else None,
        workers_active=_leased(session, job.id) if running else 0,
    )


def read_health(session: Session, settings: Settings) -> Health:
    """Whether workers claim waiting work; that their processes are alive would not prove it."""
    waiting = _unclaimed_seconds(session, stage_names(Runner.WORKER))
    if waiting is None or waiting <= settings.stall_seconds:
        return Health(ok=True, sentence="Waiting work is being claimed.", oldest_waiting_seconds=waiting)
    return Health(
        ok=False,
        sentence=f"Work is waiting, and no worker has claimed any for {waiting:.0f} seconds.",
        oldest_waiting_seconds=waiting,
    )


def _counted(job: Job) -> tuple[int, int]:
    """Done and found, in steps if the job counts steps, else in photos."""
    if job.steps_found:
        return job.steps_done, job.steps_found
    return job.photos_done + job.photos_failed, job.photos_found


def _rate(session: Session, job: Job, now: datetime) -> float | None:
    since = now - _RATE_WINDOW
    photos, first = session.execute(
        select(
            func.sum(Batch.last_position - Batch.first_position + 1),
            func.min(Batch.claimed_at, type_=Batch.claimed_at.type),
        ).where(Batch.job_id == job.id, Batch.finished_at >= since, Batch.first_position.is_not(None))
    ).one()
    if not photos or first is None:
        return None
    seconds = (now - max(first, since)).total_seconds()
    return float(photos) / max(seconds, 0.1)


def _leased(session: Session, job_id: int) -> int:
    return session.scalars(
        select(func.count())
        .select_from(Batch)
        .where(Batch.job_id == job_id, Batch.state == BatchState.LEASED)
    ).one()


def _stalled_sentence(session: Session, settings: Settings, job: Job) -> str | None:
    if get_stage(job.stage).runner is Runner.TRAINER:
        waiting = _unclaimed_seconds(session, stage_names(Runner.TRAINER))
        stalled = waiting is not None and waiting > settings.stall_seconds
        return (
            f"The training is waiting, and no trainer has claimed it for {waiting:.0f} seconds."
            if stalled
            else None
        )
    health = read_health(session, settings)
    return None if health.ok else health.sentence


def _unclaimed_seconds(session: Session, kinds: Collection[str]) -> float | None:
    """Seconds for which claimable work of these kinds has waited unclaimed; None if none waits."""
    now = read_clock(session)
    ready_since = partial(_ready_since, session, now, kinds)
    waiting_since = [ready for ready in map(ready_since, _claimable_jobs(session)) if ready]
    if not waiting_since or _is_any_worker_busy(session, now, kinds):
        return None
    of_kinds = Job.stage.in_(kinds)
    last_claim = session.scalars(
        select(func.max(Job.last_claim_at, type_=Job.last_claim_at.type)).where(of_kinds)
    ).one()
    since = min(waiting_since)
    return (now - max(since, last_claim or since)).total_seconds()


def _is_any_worker_busy(session: Session, now: datetime, kinds: Collection[str]) -> bool:
    """Whether a worker holds a valid lease: then waiting work is only queued."""
    live = (Batch.state == BatchState.LEASED, Batch.lease_until > now, Batch.kind.in_(kinds))
    return session.scalars(select(Batch.id).where(*live).limit(1)).one_or_none() is not None


def _claimable_jobs(session: Session) -> list[int]:
    return list(session.scalars(select(Job.id).where(Job.state.in_(CLAIMABLE_JOB_STATES))))


def _ready_since(session: Session, now: datetime, kinds: Collection[str], job_id: int) -> datetime | None:
    """Since when the job's oldest claimable batch could be claimed; None if it has none."""
    return session.scalars(
        select(Batch.not_before)
        .where(
            Batch.job_id == job_id,
            Batch.state == BatchState.WAITING,
            Batch.not_before <= now,
            Batch.kind.in_(kinds),
        )
        .order_by(Batch.not_before)
        .limit(1)
    ).one_or_none()
