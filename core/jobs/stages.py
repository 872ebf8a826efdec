"""Begin the next stage of a job, or end the job."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.events.outbox import write_event
from core.jobs.kinds import get_kind
from core.jobs.options import JobOptions
from core.jobs.store import add_event
from core.number_text import number, plural
from models import Batch, BatchState, EventLevel, EventType, Job, JobState

#: States of a job that has not ended.
UNFINISHED = (JobState.WAITING, JobState.RUNNING, JobState.PAUSED)


def close_batches(session: Session, job_id: int, *, closed: int) -> None:
    """Subtract `closed` from the open batches; if none is left, begin the next stage or end the job.

    The UPDATE locks the job's row, so that of two last batches exactly one sees zero.
    """
    session.flush()
    session.execute(update(Job).where(Job.id == job_id).values(batches_open=Job.batches_open - closed))
    job = lock_job(session, job_id)
    if job.batches_open > 0 or not job.listed or job.state not in UNFINISHED:
        return
    begin_next_stage(session, job)


def begin_next_stage(session: Session, job: Job) -> None:
    """Write the batches of the next stage, or end the job after the last stage."""
    following = get_kind(job.kind).stage_after(job.stage)
    if following is None:
        _finish_job(session, job)
        return
    job.stage = following.name
    if following.hooks.begin is not None:
        following.hooks.begin(session, job)
    else:
        add_batch(session, job)


def add_batch(session: Session, job: Job, *, sequence: int | None = None) -> Batch:
    """Write a batch of the job's stage that covers no range of photos; `sequence` is the next one if None."""
    batch = Batch(
        job_id=job.id,
        kind=job.stage,
        sequence=next_sequence(session, job.id, job.stage) if sequence is None else sequence,
        state=BatchState.WAITING,
        not_before=read_clock(session),
    )
    session.add(batch)
    job.batches_open += 1
    return batch


def lock_job(session: Session, job_id: int) -> Job:
    """Read the job's current row and lock it until the transaction ends.

    Everybody locks batches before their job, so that there is no deadlock.
    """
    session.flush()
    return session.scalars(
        select(Job)
        .where(Job.id == job_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def end_job(session: Session, job: Job, state: JobState) -> None:
    """Set a final state, and the end time if the job has none; write the event for webhooks.

    A job that is done again after a report was written once more is no news.
    """
    is_news = job.finished_at is None or state is not JobState.DONE
    job.state, job.finished_at = state, job.finished_at or read_clock(session)
    if is_news:
        write_event(session, _END_EVENTS[state], {"job": _job_facts(job)})


_END_EVENTS = {
    JobState.DONE: EventType.JOB_FINISHED,
    JobState.FAILED: EventType.JOB_FAILED,
    JobState.CANCELLED: EventType.JOB_CANCELLED,
}


def _job_facts(job: Job) -> dict[str, Any]:
    """What an event tells of a job; `address` is the one of the API."""
    same = ("id", "kind", "title", "photos_found", "photos_done", "photos_failed", "created_at", "started_at",
            "finished_at", "error_code", "error_message")  # fmt: skip
    facts = {name: getattr(job, name) for name in same}
    return facts | {"state": job.state.value, "address": f"/api/v1/jobs/{job.id}"}


def next_sequence(session: Session, job_id: int, stage: str) -> int:
    """The next free `Batch.sequence`; a retried job can run a stage a second time."""
    last = session.scalars(
        select(Batch.sequence)
        .where(Batch.job_id == job_id, Batch.kind == stage)
        .order_by(Batch.sequence.desc())
        .limit(1)
    ).one_or_none()
    return 0 if last is None else last + 1


def _finish_job(session: Session, job: Job) -> None:
    """End the job as done; request its follow-ups when it ends for the first time."""
    is_first_end = job.finished_at is None
    end_job(session, job, JobState.DONE)
    add_event(session, job.id, EventLevel.INFO, "job_done", _closing_line(job))
    if is_first_end:
        _request_follow_ups(session, job)


def _request_follow_ups(session: Session, job: Job) -> None:
    for name in JobOptions.from_json(job.options).follow_up:
        follow = get_kind(name).follow
        if follow is not None:
            follow(session, job)


def _closing_line(job: Job) -> str:
    if not job.photos_found:
        return "Done."
    failed = f", {number(job.photos_failed)} could not be read" if job.photos_failed else ""
    return f"{plural(job.photos_done, 'photo')} read{failed}."
