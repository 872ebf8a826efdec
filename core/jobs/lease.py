"""The lease of a claimed batch: renew it, release or postpone the batch."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.errors import StopWork
from core.jobs.claim import CLAIMABLE_JOB_STATES, Claim
from core.jobs.kinds import payload_of
from models import Batch, BatchState, Job, JobState

#: Longest time in seconds for which a batch may be postponed.
LONGEST_PAUSE_SECONDS = 3600.0


class LeaseState(StrEnum):
    """What a renewal found."""

    HELD = "held"
    #: The job was paused: release the batch.
    PAUSED = "paused"
    #: The job was cancelled or failed: stop.
    ENDED = "ended"
    #: Another worker holds the batch, or it is finished: results are not accepted.
    LOST = "lost"


class LeaseLost(StopWork):
    """The claim's token no longer matches the batch, so its result is not accepted."""


def extend_lease(db: Database, claim: Claim, lease_seconds: float) -> LeaseState:
    """Extend the lease and return whether to go on; on SQLite by one statement, unless there is news."""
    if db.is_sqlite:
        goes_on = exists().where(Job.id == claim.job_id, Job.state.in_(CLAIMABLE_JOB_STATES))
        until = datetime.now(UTC) + timedelta(seconds=lease_seconds)
        if db.write_one(update(Batch).where(*holds(claim), goes_on).values(lease_until=until)):
            return LeaseState.HELD
    with db.write() as session:
        return renew_lease(session, claim, lease_seconds)


def renew_lease(session: Session, claim: Claim, lease_seconds: float) -> LeaseState:
    """Extend the lease and return whether to go on."""
    until = read_clock(session) + timedelta(seconds=lease_seconds)
    renewed = session.execute(update(Batch).where(*holds(claim)).values(lease_until=until)).rowcount  # type: ignore[attr-defined]
    if not renewed:
        return LeaseState.LOST
    state = session.scalars(select(Job.state).where(Job.id == claim.job_id)).one()
    if state in CLAIMABLE_JOB_STATES:
        return LeaseState.HELD
    return LeaseState.PAUSED if state is JobState.PAUSED else LeaseState.ENDED


def holds(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    """Conditions under which the claim still holds its batch."""
    return Batch.id == claim.batch_id, Batch.state == BatchState.LEASED, Batch.token == claim.token


def lock_held(session: Session, claim: Claim) -> Batch:
    """The claim's row, locked until the transaction ends; LeaseLost where the token does not match."""
    batch = session.scalars(select(Batch).where(*holds(claim)).with_for_update(key_share=True)).one_or_none()
    if batch is None:
        raise LeaseLost(f"batch {claim.batch_id} is no longer held by {claim.token}")
    return batch


def note_progress(batch: Batch) -> None:
    """Count attempts from here on, in a transaction whose result the next attempt continues from.

    So a batch fails after attempts without progress only, however often its workers are restarted.
    """
    batch.attempts = 1
    payload = payload_of(batch)
    if payload.lost:
        batch.payload = payload.model_copy(update={"lost": 0}).to_json()


def release_batch(session: Session, claim: Claim) -> bool:
    """Set the batch waiting again without counting the attempt; False if it was no longer held."""
    return bool(
        session.execute(  # type: ignore[attr-defined]
            update(Batch)
            .where(*holds(claim))
            .values(state=BatchState.WAITING, token=None, lease_until=None, attempts=Batch.attempts - 1)
        ).rowcount
    )


def postpone_batch(session: Session, claim: Claim, *, seconds: float, counted: bool = True) -> None:
    """Set the batch waiting for `seconds`, an hour at most, without counting the attempt. Raises LeaseLost.

    `BatchPayload.postponed` counts how often, unless the batch only ends its turn (`counted=False`).
    """
    batch = lock_held(session, claim)
    batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    batch.attempts -= 1
    batch.not_before = read_clock(session) + timedelta(seconds=min(seconds, LONGEST_PAUSE_SECONDS))
    if not counted:
        return
    payload = payload_of(batch)
    batch.payload = payload.model_copy(update={"postponed": payload.postponed + 1}).to_json()
