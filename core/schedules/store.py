"""Add, change, pause, delete and list schedules."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.request import check_recurring
from core.schedules.recurrence import Recurrence
from models import Job, Overlap, Schedule, ScheduleRun

_LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When a schedule fires, and what it does while the previous job is unfinished."""

    recurrence: Recurrence
    overlap: Overlap
    #: Whether each run writes the reports of its earlier jobs again of which faces were decided since.
    renews_reports: bool = False


def add_schedule(session: Session, request: JobRequest, timing: Timing) -> Schedule:
    """Write a schedule; InputError of the job kind if it cannot recur, such as schedule_upload."""
    check_recurring(request)
    now = read_clock(session)
    schedule = Schedule(
        title=request.title[:_LONGEST_TITLE],
        kind=request.kind,
        options=request.options,
        account_id=request.account_id,
        created_at=now,
    )
    _set_timing(schedule, timing)
    schedule.next_at = timing.recurrence.next_after(now)
    session.add(schedule)
    session.flush()
    return schedule


def change_schedule(session: Session, schedule: Schedule, *, title: str, timing: Timing) -> None:
    """Change title and times; the next run is calculated again."""
    schedule.title = title[:_LONGEST_TITLE]
    _set_timing(schedule, timing)
    schedule.next_at = timing.recurrence.next_after(read_clock(session))


def pause_schedule(schedule: Schedule) -> None:
    """Stop starting jobs until the schedule is resumed."""
    schedule.paused = True


def resume_schedule(session: Session, schedule: Schedule) -> None:
    """Continue with the next planned time; runs missed during the pause are not replaced."""
    schedule.paused = False
    schedule.next_at = recurrence_of(schedule).next_after(read_clock(session))


def delete_schedule(session: Session, schedule: Schedule) -> None:
    """Delete the schedule and its history; its jobs stay."""
    session.delete(schedule)


def get_schedule(session: Session, schedule_id: int) -> Schedule:
    """One schedule, locked until the transaction ends; InputError schedule_not_found."""
    schedule = session.get(Schedule, schedule_id, with_for_update=True)
    if schedule is None:
        raise InputError("schedule_not_found", f"There is no schedule {schedule_id}.")
    return schedule


def list_schedules(session: Session) -> Sequence[Schedule]:
    """All schedules, the next to run first, paused ones last."""
    return session.scalars(select(Schedule).order_by(Schedule.paused, Schedule.next_at)).all()


def list_runs(
    session: Session, schedule_id: int, *, limit: int = 50
) -> Sequence[tuple[ScheduleRun, Job | None]]:
    """The latest runs, newest first, each with its job or None."""
    query = (
        select(ScheduleRun, Job)
        .join(Job, Job.id == ScheduleRun.job_id, isouter=True)
        .where(ScheduleRun.schedule_id == schedule_id)
        .order_by(ScheduleRun.planned_at.desc())
        .limit(limit)
    )
    return [(run, job) for run, job in session.execute(query)]


def read_last_runs(session: Session) -> dict[int, tuple[ScheduleRun, Job | None]]:
    """The newest run of each schedule with its job, by schedule; none before its first run."""
    other = aliased(ScheduleRun)
    newest = select(func.max(other.planned_at)).where(other.schedule_id == Schedule.id).scalar_subquery()
    query = (
        select(ScheduleRun, Job)
        .join(Schedule, Schedule.id == ScheduleRun.schedule_id)
        .join(Job, Job.id == ScheduleRun.job_id, isouter=True)
        .where(ScheduleRun.planned_at == newest)
    )
    return {run.schedule_id: (run, job) for run, job in session.execute(query)}


def find_schedule_of_job(session: Session, job_id: int) -> Schedule | None:
    """The schedule that started a job; None for any other job."""
    query = select(Schedule).join(ScheduleRun).where(ScheduleRun.job_id == job_id)
    return session.scalars(query.limit(1)).one_or_none()


def recurrence_of(schedule: Schedule) -> Recurrence:
    """When the schedule fires."""
    return Recurrence(cron=schedule.cron, time_zone=schedule.time_zone)


def _set_timing(schedule: Schedule, timing: Timing) -> None:
    schedule.cron, schedule.time_zone = timing.recurrence.cron, timing.recurrence.time_zone
    schedule.overlap, schedule.renews_reports = timing.overlap, timing.renews_reports
