"""Handle planned runs that are due: start the job, let it wait, or skip the run."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Exists, exists, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.request import NothingNew, start_job
from core.jobs.stages import UNFINISHED
from core.schedules.store import recurrence_of
from core.schedules.watching.store import ask_look
from core.settings import Settings
from models import Job, Overlap, RunState, Schedule, ScheduleRun, Trigger

log = structlog.get_logger()

_INVALID_PAUSE = timedelta(days=1)


def start_next_due(session: Session, settings: Settings) -> ScheduleRun | None:
    """Handle the planned run of one schedule that is due; None if none is.

    The schedule's row is locked until the caller commits, and its next time is written in the same
    transaction. So exactly one of several ticks handles a run, and a killed tick has changed nothing.
    """
    now = read_clock(session)
    schedule = session.scalars(
        select(Schedule)
        .where(Schedule.paused.is_(False), Schedule.next_at <= now)
        .order_by(Schedule.next_at, Schedule.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if schedule is None:
        return None
    try:
        recurrence = recurrence_of(schedule)
        planned, following = recurrence.latest(now), recurrence.next_after(now)
    except InputError as error:
        return _refuse_invalid(session, schedule, now, error)
    due_at = schedule.next_at or now
    missed = planned > due_at
    run = _add_run(session, schedule, max(planned, due_at), now)
    run.note = "Replaces runs that were missed while the service was stopped." if missed else ""
    schedule.next_at = following
    _start_queue_or_skip(session, schedule, run, settings)
    return run


def _refuse_invalid(session: Session, schedule: Schedule, now: datetime, error: InputError) -> ScheduleRun:
    """Mark a schedule whose times can no longer be calculated, and look at it again a day later."""
    run = _add_run(session, schedule, schedule.next_at or now, now)
    run.state, run.note = RunState.REFUSED, f"{error.message} ({error.code})"
    schedule.next_at = now + _INVALID_PAUSE
    return run


def start_next_waiting(session: Session, settings: Settings) -> ScheduleRun | None:
    """Start one run whose previous job has ended by now; None if there is none."""
    waiting = session.scalars(
        select(ScheduleRun)
        .join(Schedule)
        .where(
            ScheduleRun.state == RunState.WAITING,
            Schedule.trigger == Trigger.TIMES,
            Schedule.paused.is_(False),
            ~_is_busy(ScheduleRun.schedule_id),
        )
        .order_by(ScheduleRun.id)
        .limit(1)
        .with_for_update(of=Schedule, skip_locked=True)
    ).one_or_none()
    if waiting is None:
        return None
    session.refresh(waiting)
    if waiting.state is RunState.WAITING:
        _start(session, session.get_one(Schedule, waiting.schedule_id), waiting, settings)
    return waiting


def run_now(session: Session, schedule: Schedule, settings: Settings) -> ScheduleRun:
    """Start a schedule's job now, even if one is running; InputError if the job is refused.

    For a watched folder it asks the watcher to take at once what has settled: the run waits, without a job.
    """
    if schedule.trigger is Trigger.NEW_PHOTOS:
        return ask_look(session, schedule)
    now = read_clock(session)
    run = _add_run(session, schedule, now, now)
    run.note = "By hand."
    run.job_id = start_job(session, request_of(schedule), settings).id
    return run


def request_of(schedule: Schedule) -> JobRequest:
    """The job request of a schedule."""
    return JobRequest(
        kind=schedule.kind,
        options=schedule.options,
        title=schedule.title,
        account_id=schedule.account_id,
    )


def _add_run(session: Session, schedule: Schedule, planned: datetime, now: datetime) -> ScheduleRun:
    run = ScheduleRun(
        schedule_id=schedule.id, planned_at=planned, state=RunState.STARTED, created_at=now, note=""
    )
    session.add(run)
    session.flush()
    return run


def _start_queue_or_skip(session: Session, schedule: Schedule, run: ScheduleRun, settings: Settings) -> None:
    if not session.scalars(select(_is_busy(schedule.id))).one():
        _start(session, schedule, run, settings)
    elif schedule.overlap is Overlap.QUEUE and not _has_waiting(session, schedule, run):
        run.state, run.note = RunState.WAITING, "Waits for the job of the previous run."
    else:
        run.state, run.note = RunState.SKIPPED, "The job of the previous run was not finished."


def _start(session: Session, schedule: Schedule, run: ScheduleRun, settings: Settings) -> None:
    try:
        with session.begin_nested():
            run.job_id = start_job(session, request_of(schedule), settings).id
            run.state = RunState.STARTED
    except NothingNew as error:
        run.state, run.note = RunState.SKIPPED, error.message
    except InputError as error:
        run.state, run.note = RunState.REFUSED, f"{error.message} ({error.code})"
    except OperationalError:
        raise
    except Exception:
        log.exception("schedule_failed", schedule=schedule.id)
        run.state, run.note = (
            RunState.REFUSED,
            "The job could not be requested; see the log. (unexpected)",
        )
    session.flush()


def _is_busy(schedule_id: ColumnElement[int] | InstrumentedAttribute[int] | int) -> Exists:
    return exists(
        select(ScheduleRun.id)
        .join(Job, Job.id == ScheduleRun.job_id)
        .where(ScheduleRun.schedule_id == schedule_id, Job.state.in_(UNFINISHED))
    )


def _has_waiting(session: Session, schedule: Schedule, run: ScheduleRun) -> bool:
    query = select(ScheduleRun.id).where(
        ScheduleRun.schedule_id == schedule.id,
        ScheduleRun.state == RunState.WAITING,
        ScheduleRun.id != run.id,
    )
    return session.scalars(query.limit(1)).one_or_none() is not None
