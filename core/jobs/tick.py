"""Checks of every few seconds: expired leases, claimable work, free disk space."""

import shutil
from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy import case, exists, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import TransientError
from core.jobs.claim import CLAIMABLE_JOB_STATES
from core.jobs.finish import LONGEST_BACKOFF_SECONDS, end_lost_attempt, fail_job
from core.jobs.kinds import waiting_stage_names
from core.settings import Settings
from models import Batch, BatchState, Job

log = structlog.get_logger()

#: Most expired leases handled in one transaction; the next tick handles the others.
_EXPIRED_AT_ONCE = 200
#: Pause before an expired lease is handled again whose handling failed.
_TRY_AGAIN_SECONDS = 60.0


def return_expired(session: Session, *, max_attempts: int) -> int:
    """End the attempts whose lease has expired; returns how many batches that were."""
    expired = session.scalars(
        select(Batch)
        .where(Batch.state == BatchState.LEASED, Batch.lease_until < read_clock(session))
        .order_by(Batch.job_id, Batch.id)
        .limit(_EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for batch in expired:
        if batch.state is BatchState.LEASED:
            _return_expired(session, batch, max_attempts)
    return len(expired)


def _return_expired(session: Session, batch: Batch, max_attempts: int) -> None:
    """End the attempt of one batch; what its row makes impossible is logged and tried again later."""
    batch_id, error = batch.id, _worker_lost(batch)
    try:
        with session.begin_nested():
            end_lost_attempt(session, batch, error, max_attempts=max_attempts)
    except OperationalError:
        raise
    except Exception:
        log.exception("batch_not_returned", batch=batch_id)
        later = read_clock(session) + timedelta(seconds=_TRY_AGAIN_SECONDS)
        session.execute(update(Batch).where(Batch.id == batch_id).values(lease_until=later))


def correct_times(session: Session, *, lease_seconds: float, longest_pause: float) -> int:
    """Correct times further ahead than a pause or a lease can be; returns how many batches had one.

    They are left by a clock that was set back. A live worker renews its lease, so only dead ones expire.
    A batch that was never claimed has had no pause, and only stages that wait for other machines postpone
    theirs, by `longest_pause` at most.
    """
    now = read_clock(session)
    backoff = min(longest_pause, LONGEST_BACKOFF_SECONDS)
    ahead = case(
        (Batch.claimed_at.is_(None), Batch.not_before > now),
        (Batch.kind.not_in(waiting_stage_names()), Batch.not_before > now + timedelta(seconds=backoff)),
        else_=Batch.not_before > now + timedelta(seconds=longest_pause),
    )
    due = update(Batch).where(Batch.state == BatchState.WAITING, Batch.not_before > now, ahead)
    lease_end = now + timedelta(seconds=lease_seconds)
    leased = update(Batch).where(Batch.state == BatchState.LEASED, Batch.lease_until > lease_end)
    changes = (due.values(not_before=now), leased.values(lease_until=lease_end))
    return sum(
        session.execute(change.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        for change in changes
    )


def count_claimable(session: Session, *, limit: int, kinds: Collection[str]) -> int:
    """How many batches of these kinds can be claimed now, at most `limit`."""
    ready = (
        select(Batch.id)
        .where(
            Batch.state == BatchState.WAITING,
            Batch.not_before <= read_clock(session),
            Batch.kind.in_(kinds),
            exists(select(Job.id).where(Job.id == Batch.job_id, Job.state.in_(CLAIMABLE_JOB_STATES))),
        )
        .limit(limit)
    )
    return session.scalars(select(func.count()).select_from(ready.subquery())).one()


def check_disk(settings: Settings) -> TransientError | None:
    """The error disk_full if the data folder's disk has less free space than the reserve, else None."""
    free = shutil.disk_usage(settings.data).free
    if free >= settings.min_free_bytes:
        return None
    return TransientError(
        "disk_full",
        f"The disk of the data folder has {free // 2**20} MB left, less than the reserve of "
        f"{settings.min_free_bytes // 2**20} MB. Free some space, then retry the job.",
    )


def fail_running(session: Session, error: TransientError) -> int:
    """Fail every running job while there is still space to record the error; returns how many."""
    running = session.scalars(select(Job.id).where(Job.state.in_(CLAIMABLE_JOB_STATES))).all()
    for job_id in running:
        fail_job(session, job_id, error)
    return len(running)


def _worker_lost(batch: Batch) -> TransientError:
    return TransientError(
        "worker_lost",
        f"The worker {batch.worker} died or stopped responding during attempt {batch.attempts}.",
    )
