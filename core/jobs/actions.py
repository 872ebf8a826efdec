"""Pause, resume, cancel, continue and retry a job."""

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import BatchPayload, get_kind
from core.jobs.queries import get_job_locked
from core.jobs.stages import UNFINISHED, begin_next_stage, end_job
from core.jobs.store import add_event
from core.library.files.folder import FOLDER_UNREADABLE
from core.number_text import plural
from models import Batch, BatchState, EventLevel, Job, JobPhoto, JobPhotoState, JobState

_OPEN = (BatchState.WAITING, BatchState.LEASED)


def pause_job(session: Session, job_id: int) -> Job:
    """Stop giving out batches; workers release the ones they hold within seconds."""
    job = _in_state(session, job_id, "paused", JobState.WAITING, JobState.RUNNING)
    job.state = JobState.PAUSED
    add_event(session, job_id, EventLevel.INFO, "job_paused", "Paused.")
    return job


def resume_job(session: Session, job_id: int) -> Job:
    """Continue a paused job."""
    job = _in_state(session, job_id, "resumed", JobState.PAUSED)
    job.state = JobState.RUNNING if job.started_at else JobState.WAITING
    add_event(session, job_id, EventLevel.INFO, "job_resumed", "Resumed.")
    return job


def cancel_job(session: Session, job_id: int) -> Job:
    """Cancel a job; finished results stay, and unfinished batches are no longer accepted.

    A job that was done and only runs batches requested later becomes done again.
    """
    open_batches = session.execute(
        update(Batch)
        .where(Batch.job_id == job_id, Batch.state.in_(_OPEN))
        .values(state=BatchState.CANCELLED, token=None, lease_until=None)
        .returning(Batch.payload)
    ).all()
    job = _in_state(session, job_id, "cancelled", *UNFINISHED)
    was_done = bool(open_batches) and all(
        BatchPayload.from_json(payload).added_later for (payload,) in open_batches
    )
    job.batches_open = 0
    for stage in get_kind(job.kind).stages:
        stage.hooks.drop_unfinished(session, job)
    if was_done:
        job.error_code = job.error_message = None
    end_job(session, job, JobState.DONE if was_done else JobState.CANCELLED)
    add_event(session, job_id, EventLevel.INFO, "job_cancelled", "Cancelled.")
    return job


def continue_job(session: Session, job_id: int) -> Job:
    """Continue a cancelled job where it stopped; photos that could not be read are not read again."""
    job = _in_state(session, job_id, "continued", JobState.CANCELLED)
    _reopen_batches(session, job, Batch.state == BatchState.CANCELLED)
    _restart(session, job)
    add_event(session, job_id, EventLevel.INFO, "job_continued", "Continued.")
    return job


def retry_job(session: Session, job_id: int) -> Job:
    """Run again what failed, and what a failed job has left; photos that were read are not read again."""
    job = _in_state(session, job_id, "retried", JobState.FAILED, JobState.DONE)
    failed = _readable_failures(job)
    has_failed = exists(
        select(JobPhoto.id).where(
            *failed,
            JobPhoto.position.between(Batch.first_position, Batch.last_position),
        )
    )
    is_closed = Batch.state.in_((BatchState.QUARANTINED, BatchState.CANCELLED))
    _reopen_batches(session, job, is_closed | has_failed)
    count = session.execute(  # type: ignore[attr-defined]
        update(JobPhoto)
        .where(*failed)
        .values(state=JobPhotoState.WAITING, error_code=None, error_message=None)
        .execution_options(synchronize_session=False)
    ).rowcount
    job.photos_failed -= count
    job.batches_quarantined = 0
    _restart(session, job)
    add_event(
        session, job_id, EventLevel.INFO, "job_retried", f"Retried: {plural(count, 'photo')} to read again."
    )
    return job


def _in_state(session: Session, job_id: int, verb: str, *states: JobState) -> Job:
    job = get_job_locked(session, job_id)
    if job.state not in states:
        raise InputError("job_state", f"A job that is {job.state.value} cannot be {verb}.")
    return job


def _readable_failures(job: Job) -> tuple[ColumnElement[bool], ...]:
    """Conditions of failed photos that can be read again: not refused uploads, not removed photos."""
    kind = get_kind(job.kind)
    readable: ColumnElement[bool] = (
        JobPhoto.error_code.is_distinct_from(FOLDER_UNREADABLE)
        if kind.keeps_refused_files(kind.options_of(job))
        else JobPhoto.stored_sha256.is_not(None)
    )
    not_removed = JobPhoto.error_code.is_distinct_from("photo_removed")
    return JobPhoto.job_id == job.id, JobPhoto.state == JobPhotoState.FAILED, not_removed, readable


def _reopen_batches(session: Session, job: Job, wanted: ColumnElement[bool]) -> None:
    stages = [stage.name for stage in get_kind(job.kind).stages if not stage.repeats]
    session.execute(
        update(Batch)
        .where(Batch.job_id == job.id, Batch.kind.in_(stages), wanted)
        .values(state=BatchState.WAITING, token=None, attempts=0, not_before=read_clock(session))
        .execution_options(synchronize_session=False)
    )


def _restart(session: Session, job: Job) -> None:
    was_done = job.state is JobState.DONE
    job.state, job.finished_at = JobState.WAITING, None
    job.error_code = job.error_message = None
    for stage in get_kind(job.kind).stages:
        stage.hooks.on_retry(session, job)
        stage.hooks.drop_unfinished(session, job)
    _restart_stage(session, job, was_done=was_done)


def _restart_stage(session: Session, job: Job, *, was_done: bool) -> None:
    """Continue at the first stage with an open batch, or begin the next stage if there is none."""
    still_open = dict(
        session.execute(
            select(Batch.kind, func.count())
            .where(Batch.job_id == job.id, Batch.state.in_(_OPEN))
            .group_by(Batch.kind)
        ).all()
    )
    stages = [stage.name for stage in get_kind(job.kind).stages if not stage.repeats]
    job.batches_open = sum(still_open.values())
    job.stage = next((stage for stage in stages if stage in still_open), stages[-1])
    if job.batches_open > 0:
        return
    if was_done:
        raise InputError("nothing_to_retry", "Nothing of this job failed; there is nothing to retry.")
    begin_next_stage(session, job)
