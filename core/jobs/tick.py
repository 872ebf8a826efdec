"""Checks of every few seconds: expired leases, claimable work, free disk space."""

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

#: Most expired leases handled in one transaction; the next tick handles the others.
_EXPIRED_AT_ONCE = 200


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
            end_attempt(session, batch, _worker_lost(batch), max_attempts=max_attempts, pause_seconds=0)
            session.flush()
    return len(expired)


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
