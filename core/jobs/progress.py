"""Progress of a job and health of the service, from counters and indexes: photos are never counted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from core.access.sessions import EVERY_ROW
from core.database import read_clock
from core.jobs.claim import CLAIMABLE_JOB_STATES
from core.jobs.kinds import Runner, get_stage, stage_names
from core.jobs.stages import UNFINISHED
from core.settings import Settings
from models import Batch, BatchState, Job, JobState

#: The rate is measured over this window, so that it follows the load.
_RATE_WINDOW = timedelta(seconds=30)

# The queries are made once: programs and pages ask for the progress of a job again and again.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_KINDS: BindParameter[Any] = bindparam("kinds", expanding=True)
_RATES = (
    select(
        Batch.job_id,
        func.sum(Batch.last_position - Batch.first_position + 1),
        func.min(Batch.claimed_at, type_=Batch.claimed_at.type),
    )
    .where(Batch.job_id.in_(_IDS), Batch.finished_at >= bindparam("since"), Batch.first_position.is_not(None))
    .group_by(Batch.job_id)
)
_LEASED = (
    select(Batch.job_id, func.count())
    .where(Batch.job_id.in_(_IDS), Batch.state == BatchState.LEASED)
    .group_by(Batch.job_id)
)
_BUSY = (
    select(Batch.id)
    .where(Batch.state == BatchState.LEASED, Batch.lease_until > bindparam("now"), Batch.kind.in_(_KINDS))
    .limit(1)
    .execution_options(**{EVERY_ROW: True})
)
_OLDEST_READY = (
    select(Batch.not_before)
    .where(
        Batch.job_id == Job.id,
        Batch.state == BatchState.WAITING,
        Batch.not_before <= bindparam("now"),
        Batch.kind.in_(_KINDS),
    )
    .order_by(Batch.not_before)
    .limit(1)
    .correlate(Job)
    .scalar_subquery()
)
_READY = select(_OLDEST_READY).where(Job.state.in_(CLAIMABLE_JOB_STATES))
_LAST_CLAIM = (
    select(func.max(Job.last_claim_at, type_=Job.last_claim_at.type))
    .where(Job.stage.in_(_KINDS))
    .execution_options(**{EVERY_ROW: True})
)


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

    @property
    def activity(self) -> str:
        """What the stage does, such as "Reading photos"; empty if the job has ended."""
        return get_stage(self.stage).activity if self.stage else ""


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether claimable work is being claimed."""

    ok: bool
    sentence: str
    oldest_waiting_seconds: float | None


def read_progress(session: Session, job: Job, settings: Settings) -> JobProgress:
    """Progress from the job's counters, and the rate of the last half minute."""
    return read_progress_of(session, [job], settings)[job.id]


def read_progress_of(session: Session, jobs: Sequence[Job], settings: Settings) -> dict[int, JobProgress]:
    """The progress of many jobs by id, in as many queries as for one."""
    running = [job for job in jobs if job.state in CLAIMABLE_JOB_STATES]
    if not running:
        return {job.id: _progress(job, rate=None, stalled=None, leased=0) for job in jobs}
    ids = [job.id for job in running]
    rates, leased = _read_rates(session, ids), _count_leased(session, ids)
    stalled = {
        runner: _stalled_sentence(session, settings, runner) for runner in {_runner(job) for job in running}
    }
    return {
        job.id: _progress(
            job,
            rate=rates.get(job.id),
            stalled=stalled[_runner(job)] if job in running else None,
            leased=leased.get(job.id, 0),
        )
        for job in jobs
    }


def read_health(session: Session, settings: Settings, runner: Runner = Runner.WORKER) -> Health:
    """Whether workers claim waiting work; that their processes are alive would not prove it."""
    kinds = stage_names(runner)
    waiting = _unclaimed_seconds(session, kinds)
    if waiting is None or waiting <= settings.stall_seconds:
        waits = waiting is not None or _read_ready_since(session, read_clock(session), kinds)
        sentence = "Waiting work is being claimed." if waits else "No work is waiting."
        return Health(ok=True, sentence=sentence, oldest_waiting_seconds=waiting)
    return Health(
        ok=False,
        sentence=_unclaimed_sentence(waiting, runner),
        oldest_waiting_seconds=waiting,
    )


def _unclaimed_sentence(waiting: float, runner: Runner) -> str:
    return f"Work is waiting, and no {runner.value} has claimed any for {waiting:.0f} seconds."


def _progress(job: Job, *, rate: float | None, stalled: str | None, leased: int) -> JobProgress:
    done, found = _counted(job)
    left = found - done
    return JobProgress(
        fraction=(done / found if found else float(job.state is JobState.DONE)) if job.listed else None,
        photos_per_second=rate,
        seconds_left=left / rate if rate and job.listed and left else None,
        stage=job.stage if job.state in UNFINISHED else "",
        stalled=stalled,
        workers_active=leased,
    )


def _counted(job: Job) -> tuple[int, int]:
    """Done and found, in steps if the job counts steps, else in photos."""
    if job.steps_found:
        return job.steps_done, job.steps_found
    return job.photos_done + job.photos_failed, job.photos_found


def _read_rates(session: Session, job_ids: Sequence[int]) -> dict[int, float]:
    """Photos per second by job; jobs that finished no batch of photos in the window are missing."""
    now = read_clock(session)
    since = now - _RATE_WINDOW
    rows = session.execute(_RATES, {"ids": job_ids, "since": since})
    return {
        job_id: float(photos) / max((now - max(first, since)).total_seconds(), 0.1)
        for job_id, photos, first in rows
        if photos and first is not None
    }


def _count_leased(session: Session, job_ids: Sequence[int]) -> dict[int, int]:
    """Batches in work by job."""
    return dict(session.execute(_LEASED, {"ids": job_ids}).all())


def _runner(job: Job) -> Runner:
    return get_stage(job.stage).runner


def _stalled_sentence(session: Session, settings: Settings, runner: Runner) -> str | None:
    if runner is Runner.TRAINER:
        waiting = _unclaimed_seconds(session, stage_names(Runner.TRAINER))
        stalled = waiting is not None and waiting > settings.stall_seconds
        return (
            f"The training is waiting, and no trainer has claimed it for {waiting:.0f} seconds."
            if stalled
            else None
        )
    waiting = _unclaimed_seconds(session, stage_names(Runner.WORKER))
    if waiting is None or waiting <= settings.stall_seconds:
        return None
    return _unclaimed_sentence(waiting, runner)


def _unclaimed_seconds(session: Session, kinds: Collection[str]) -> float | None:
    """Seconds for which claimable work of these kinds has waited unclaimed; None if none waits."""
    now = read_clock(session)
    # The cheaper question first: most often somebody works.
    if _is_any_worker_busy(session, now, kinds):
        return None
    waiting_since = _read_ready_since(session, now, kinds)
    if not waiting_since:
        return None
    last_claim = session.scalars(_LAST_CLAIM, {"kinds": list(kinds)}).one()
    since = min(waiting_since)
    return (now - max(since, last_claim or since)).total_seconds()


def _is_any_worker_busy(session: Session, now: datetime, kinds: Collection[str]) -> bool:
    """Whether a worker holds a valid lease: then waiting work is only queued."""
    return session.scalars(_BUSY, {"now": now, "kinds": list(kinds)}).one_or_none() is not None


def _read_ready_since(session: Session, now: datetime, kinds: Collection[str]) -> list[datetime]:
    """Since when the oldest claimable batch of each job could be claimed; jobs without one are missing."""
    found = session.scalars(_READY, {"now": now, "kinds": list(kinds)})
    return [ready for ready in found if ready is not None]
