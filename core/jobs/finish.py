"""Ending a batch: done, failed attempt, split or quarantined, always in the caller's one transaction."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError, MaskloopError, PermanentError
from core.jobs.claim import Claim
from core.jobs.events import add_event
from core.jobs.following import add_following
from core.jobs.lease import lock_held
from core.jobs.stages import UNFINISHED, end_job, go_on, lock_job
from models import (
    Batch,
    BatchKind,
    BatchState,
    EventLevel,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Report,
    ReportState,
)

#: Seconds before the second, third ... attempt after an error that was reported.
_BACKOFF_SECONDS = (2.0, 10.0, 30.0, 60.0)

#: Errors that concern every batch alike: the job fails and keeps its batches for a retry.
_JOB_WIDE_CODES = frozenset({"disk_full"})

#: Attempts that each photo of a split batch still gets, so that one killed worker costs nobody a photo.
_ATTEMPTS_AFTER_SPLIT = 2


def finish_batch(session: Session, claim: Claim) -> None:
    """Mark the claim's batch done and begin the next stage after the last one; LeaseLost if not held."""
    batch = lock_held(session, claim)
    _close(batch, BatchState.DONE, session)
    batch.error_code = batch.error_message = None
    _go_on(session, claim.job_id)


def fail_attempt(session: Session, claim: Claim, error: MaskloopError, *, max_attempts: int) -> None:
    """Record why an attempt failed, then try later, split, quarantine or fail the job."""
    batch = lock_held(session, claim)
    job_wide = isinstance(error, PermanentError | InputError) or (
        error.code in _JOB_WIDE_CODES and batch.attempts >= max_attempts
    )
    if job_wide and batch.payload.get("extra"):
        _quarantine(session, batch, error)
        return
    if job_wide:
        fail_job(session, claim.job_id, error)
        return
    pause = _BACKOFF_SECONDS[min(batch.attempts, len(_BACKOFF_SECONDS)) - 1]
    end_attempt(session, batch, error, max_attempts=max_attempts, pause_seconds=pause)


def end_attempt(
    session: Session, batch: Batch, error: MaskloopError, *, max_attempts: int, pause_seconds: float
) -> None:
    """Return the batch to the waiting ones; after its last attempt split or quarantine it."""
    batch.error_code, batch.error_message = error.code, error.message
    if batch.attempts < max_attempts:
        _return(batch, session, pause_seconds)
    elif batch.first_position != batch.last_position:
        _split(session, batch, max_attempts)
    else:
        _quarantine(session, batch, error)


def fail_job(session: Session, job_id: int, error: MaskloopError) -> None:
    """Stop a whole job with a reason; its batches wait for a retry and no worker's result counts any more.

    A job that was done, and runs only to write a report that was asked for later, loses that report alone.
    """
    if _give_up_extra_reports(session, job_id, error):
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


def _give_up_extra_reports(session: Session, job_id: int, error: MaskloopError) -> bool:
    """Quarantine the open batches if all of them write reports asked for later; whether that was so."""
    if session.scalars(select(Job.stage).where(Job.id == job_id)).one() is not BatchKind.REPORT:
        return False
    still_open = session.scalars(
        select(Batch)
        .where(Batch.job_id == job_id, Batch.state.in_((BatchState.WAITING, BatchState.LEASED)))
        .with_for_update(key_share=True)
    ).all()
    if not still_open or not all(batch.payload.get("extra") for batch in still_open):
        return False
    for batch in still_open:
        _quarantine(session, batch, error)
    return True


def release_all(session: Session) -> None:
    """Void every lease, for a start that knows that no worker of before is alive."""
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
    _fail_report(session, batch, error)
    of_photos = batch.first_position is not None
    if not of_photos and not batch.payload.get("extra"):
        fail_job(session, batch.job_id, error)
        return
    add_event(session, batch.job_id, EventLevel.ERROR, "batch_quarantined", error.message)
    if of_photos:
        _fail_photos(session, batch, error)
    _go_on(session, batch.job_id)


def _go_on(session: Session, job_id: int) -> None:
    """One batch is closed; a job that ends by it may have another one follow."""
    go_on(session, job_id, closed=1)
    add_following(session, session.get_one(Job, job_id))


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


def _fail_report(session: Session, batch: Batch, error: MaskloopError) -> None:
    report_id = batch.payload.get("report_id")
    report = session.scalars(select(Report).where(Report.id == report_id)).one_or_none()
    if report is not None:
        report.state, report.error_message = ReportState.FAILED, error.message
