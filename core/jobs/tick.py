"""What is done every few seconds: dead workers' batches return, a full disk is seen in time."""

import shutil
from collections.abc import Collection

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import TransientError
from core.jobs.claim import CLAIMABLE_JOB_STATES
from core.jobs.finish import end_attempt, fail_job
from core.settings import Settings
from models import Batch, BatchState, Job

#: Expired leases returned in one transaction; more wait for the next tick.
_EXPIRED_AT_ONCE = 200


def return_expired(session: Session, *, max_attempts: int) -> int:
    """End the attempts of workers that fell silent; the number of batches returned, split or quarantined."""
    expired = session.scalars(
        select(Batch)
        .where(Batch.state == BatchState.LEASED, Batch.lease_until < read_clock(session))
        .order_by(Batch.job_id, Batch.id)
        .limit(_EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for batch in expired:
        if batch.state is BatchState.LEASED:
            end_attempt(session, batch, _silence(batch), max_attempts=max_attempts, pause_seconds=0)
            session.flush()
    return len(expired)


def count_claimable(session: Session, *, limit: int, kinds: Collection[str]) -> int:
    """How many batches of these kinds could be claimed now, counted up to `limit`."""
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
    """An error to give to jobs while the data folder's disk holds less than the reserve, else None."""
    free = shutil.disk_usage(settings.data).free
    if free >= settings.min_free_bytes:
        return None
    return TransientError(
        "disk_full",
        f"The disk of the data folder has {free // 2**20} MB left, less than the reserve of "
        f"{settings.min_free_bytes // 2**20} MB. Make room, then retry the job.",
    )


def fail_running(session: Session, error: TransientError) -> int:
    """Fail every running job with `error` while there still is room to write it down."""
    running = session.scalars(select(Job.id).where(Job.state.in_(CLAIMABLE_JOB_STATES))).all()
    for job_id in running:
        fail_job(session, job_id, error)
    return len(running)


def _silence(batch: Batch) -> TransientError:
    return TransientError(
        "worker_lost",
        f"The worker {batch.worker} died or fell silent while it worked on this (attempt {batch.attempts}).",
    )
