"""End a batch in the caller's transaction: done, attempt failed, split or quarantined."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError, MaskloopError, PermanentError
from core.jobs.claim import Claim
from core.jobs.kinds import get_stage, payload_of
from core.jobs.lease import lock_held
from core.jobs.stages import UNFINISHED, close_batches, end_job, lock_job
from core.jobs.store import add_event
from models import Batch, BatchState, EventLevel, Job, JobPhoto, JobPhotoState, JobState

#: Seconds before the second, third ... attempt after a reported error.
_BACKOFF_SECONDS = (2.0, 10.0, 30.0, 60.0)
LONGEST_BACKOFF_SECONDS = _BACKOFF_SECONDS[-1]

#: Errors that affect every batch: the job fails and keeps its batches for a retry.
_JOB_WIDE_CODES = frozenset({"disk_full"})

#: Errors of a service that all batches need: they wait until it is back, however long that takes.
_OUTAGE_CODES = frozenset({"storage_unavailable"})
_OUTAGE_SECONDS = 10.0

#: How often the worker of a batch without photos may be lost before the batch is blamed: giving such a batch
#: up fails the whole job, and several machine faults may strike a long one.
_LOSSES_FORGIVEN = 4
#: Of these, how many are tried again at once, as after a restart of the service.
_LOSSES_WITHOUT_PAUSE = 2

#: Attempts of each photo of a split batch, so that one killed worker does not fail a photo.
_ATTEMPTS_AFTER_SPLIT = 2


def finish_batch(session: Session, claim: Claim) -> None:
    """Mark the batch done; after the last one of a stage begin the next stage. Raises LeaseLost."""
    batch = lock_held(session, claim)
    _close(batch, BatchState.DONE, session)
    batch.error_code = batch.error_message = None
    close_batches(session, claim.job_id, closed=1)


def fail_attempt(session: Session, claim: Claim, error: MaskloopError, *, max_attempts: int) -> None:
    """Record the error, then retry later, split, quarantine or fail the job. Raises LeaseLost."""
    batch = lock_held(session, claim)
    job_wide = isinstance(error, PermanentError | InputError) or (
        error.code in _JOB_WIDE_CODES and batch.attempts >= max_attempts
    )
    if job_wide and payload_of(batch).added_later:
        _quarantine(session, batch, error)
        return
    if job_wide:
        fail_job(session, claim.job_id, error)
        return
    if error.code in _OUTAGE_CODES:
        # No attempt: the batch is not to blame, and would only be split and given up photo by photo.
        batch.error_code, batch.error_message = error.code, error.message
        batch.attempts -= 1
        _return(batch, session, _OUTAGE_SECONDS)
        return
    pause = _BACKOFF_SECONDS[min(batch.attempts, len(_BACKOFF_SECONDS)) - 1]
    end_attempt(session, batch, error, max_attempts=max_attempts, pause_seconds=pause)


def end_lost_attempt(session: Session, batch: Batch, error: MaskloopError, *, max_attempts: int) -> None:
    """End the attempt of a batch whose worker was lost: by the batch, or by a fault of the machine.

    A batch of photos can be split to find out; one without photos is forgiven some losses, with pauses.
    """
    payload = payload_of(batch)
    if batch.first_position is not None or payload.lost >= _LOSSES_FORGIVEN:
        end_attempt(session, batch, error, max_attempts=max_attempts, pause_seconds=0)
        return
    later = payload.lost - _LOSSES_WITHOUT_PAUSE
    batch.error_code, batch.error_message = error.code, error.message
    batch.attempts -= 1
    batch.payload = payload.model_copy(update={"lost": payload.lost + 1}).to_json()
    _return(batch, session, _BACKOFF_SECONDS[min(later, len(_BACKOFF_SECONDS) - 1)] if later >= 0 else 0)


def end_attempt(
    session: Session, batch: Batch, error: MaskloopError, *, max_attempts: int, pause_seconds: float
) -> None:
    """Set the batch waiting again; after its last attempt split or quarantine it."""
    batch.error_code, batch.error_message = error.code, error.message
    if batch.attempts < max_attempts:
        _return(batch, session, pause_seconds)
    elif batch.first_position != batch.last_position:
        _split(session, batch, max_attempts)
    else:
        _quarantine(session, batch, error)


def fail_job(session: Session, job_id: int, error: MaskloopError) -> None:
    """Fail the whole job; its batches wait for a retry and running ones are no longer accepted.

    In a job that was done and only runs batches requested later, only those batches are quarantined.
    """
    if _quarantine_later_batches(session, job_id, error):
        return
    session.execute(
        update(Batch)
        .where(Batch.job_id == job_id, Batch.state == BatchState.LEASED)
        .values(state=BatchState.WAITING, token=None, lease_until=None, attempts=0)
    )
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return
    job.error_code, job.error_message = error.code, error.message
    end_job(session, job, JobState.FAILED)
    add_event(session, job_id, EventLevel.ERROR, error.code, error.message)


def _quarantine_later_batches(session: Session, job_id: int, error: MaskloopError) -> bool:
    """Quarantine the open batches if all were requested after the job was done; True if so."""
    stage = session.scalars(select(Job.stage).where(Job.id == job_id)).one()
    if not get_stage(stage).repeats:
        return False
    still_open = session.scalars(
        select(Batch)
        .where(Batch.job_id == job_id, Batch.state.in_((BatchState.WAITING, BatchState.LEASED)))
        .with_for_update(key_share=True)
    ).all()
    if not still_open or not all(payload_of(batch).added_later for batch in still_open):
        return False
    for batch in still_open:
        _quarantine(session, batch, error)
    return True


def release_all(session: Session) -> None:
    """Release every lease, at a start after which no earlier worker can be alive."""
    session.execute(
        update(Batch)
        .where(Batch.state == BatchState.LEASED)
        .values(state=BatchState.WAITING, token=None, lease_until=None, not_before=read_clock(session))
    )


def _close(batch: Batch, state: BatchState, session: Session) -> None:
    batch.state, batch.token, batch.lease_until = state, None, None
    batch.finished_at = read_clock(session)


def _return(batch: Batch, session: Session, pause_seconds: float) -> None:
    batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    batch.not_before = read_clock(session) + timedelta(seconds=pause_seconds)


def _split(session: Session, batch: Batch, max_attempts: int) -> None:
    """One photo a batch: the one that kills its worker is then quarantined alone."""
    assert batch.first_position is not None and batch.last_position is not None
    others = range(batch.first_position + 1, batch.last_position + 1)
    attempts = max(0, max_attempts - _ATTEMPTS_AFTER_SPLIT)
    session.add_all(_single(batch, position, attempts, session) for position in others)
    batch.last_position = batch.first_position
    batch.attempts = attempts
    _return(batch, session, 0)
    session.execute(
        update(Job).where(Job.id == batch.job_id).values(batches_open=Job.batches_open + len(others))
    )
    add_event(
        session,
        batch.job_id,
        EventLevel.WARNING,
        "batch_split",
        f"Photos {batch.first_position} to {others[-1]} failed together and are tried one by one: "
        f"{batch.error_message}",
    )


def _single(batch: Batch, position: int, attempts: int, session: Session) -> Batch:
    return Batch(
        job_id=batch.job_id,
        kind=batch.kind,
        sequence=position,
        first_position=position,
        last_position=position,
        state=BatchState.WAITING,
        attempts=attempts,
        not_before=read_clock(session),
    )


def _quarantine(session: Session, batch: Batch, error: MaskloopError) -> None:
    """Give the batch up. Its photos become failed rows; a job whose other batches failed fails."""
    _close(batch, BatchState.QUARANTINED, session)
    get_stage(batch.kind).hooks.on_quarantine(session, batch, error)
    of_photos = batch.first_position is not None
    if not of_photos and not payload_of(batch).added_later:
        fail_job(session, batch.job_id, error)
        return
    add_event(session, batch.job_id, EventLevel.ERROR, "batch_quarantined", error.message)
    if of_photos:
        _fail_photos(session, batch, error)
    close_batches(session, batch.job_id, closed=1)


def _fail_photos(session: Session, batch: Batch, error: MaskloopError) -> None:
    failed = session.execute(  # type: ignore[attr-defined]
        update(JobPhoto)
        .where(
            JobPhoto.job_id == batch.job_id,
            JobPhoto.position.between(batch.first_position, batch.last_position),
            JobPhoto.state == JobPhotoState.WAITING,
        )
        .values(state=JobPhotoState.FAILED, error_code=error.code, error_message=error.message)
    ).rowcount
    session.execute(
        update(Job)
        .where(Job.id == batch.job_id)
        .values(photos_failed=Job.photos_failed + failed, batches_quarantined=Job.batches_quarantined + 1)
    )
