"""Add, change, pause, delete and list schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.request import check_recurring
from core.schedules.recurrence import Recurrence
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.store import add_watch, check_watchable
from models import FolderWatch, Job, Overlap, Schedule, ScheduleRun, Trigger

_LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When a schedule fires: at times, or when photos arrive; InputError option_invalid if it is not one."""

    #: None where it waits for photos.
    recurrence: Recurrence | None = None
    #: None where it starts at times.
    watch: WatchOptions | None = None
    #: What it does at a time while the previous job is unfinished; new photos never wait for other jobs.
    overlap: Overlap = Overlap.SKIP
    #: Whether each run writes the reports of its earlier jobs again of which faces were decided since.
    renews_reports: bool = False

    def __post_init__(self) -> None:
        if (self.recurrence is None) == (self.watch is None):
            raise InputError("option_invalid", "A schedule has either times or a folder to watch.")
        if self.watch is not None and self.renews_reports:
            raise InputError(
                "option_invalid", "A schedule that waits for photos does not write earlier reports again."
            )


def add_schedule(session: Session, request: JobRequest, timing: Timing) -> Schedule:
    """Write a schedule; InputError of the job kind if it cannot recur, such as schedule_upload.

    InputError schedule_not_watchable for a job that reads no folder and is to wait for photos.
    """
    check_recurring(request)
    if timing.watch is not None:
        check_watchable(request)
    now = read_clock(session)
    schedule = Schedule(
        title=request.title[:_LONGEST_TITLE],
        kind=request.kind,
        options=request.options,
        account_id=request.account_id,
        created_at=now,
    )
    schedule.trigger = Trigger.TIMES if timing.watch is None else Trigger.NEW_PHOTOS
    _set_timing(schedule, timing, now)
    session.add(schedule)
    session.flush()
    if timing.watch is not None:
        add_watch(session, schedule, timing.watch)
    return schedule


def change_schedule(session: Session, schedule: Schedule, *, title: str, timing: Timing) -> None:
    """Change title and times, from which the next run is calculated again, or how the folder is watched.

    InputError schedule_trigger if it is to wait for the other of the two.
    """
    if (timing.watch is None) is (schedule.trigger is Trigger.NEW_PHOTOS):
        raise InputError(
            "schedule_trigger",
            "A schedule at fixed times cannot become one that waits for photos, nor the other way round. "
            "Add a new one.",
        )
    schedule.title = title[:_LONGEST_TITLE]
    _set_timing(schedule, timing, read_clock(session))
    if timing.watch is not None:
        session.get_one(FolderWatch, schedule.id).options = timing.watch.to_json()


def pause_schedule(schedule: Schedule) -> None:
    """Stop starting jobs until the schedule is resumed."""
    schedule.paused = True


def resume_schedule(session: Session, schedule: Schedule) -> None:
    """Continue with the next planned time; runs missed during the pause are not replaced.

    Photos that arrived in a watched folder meanwhile are new.
    """
    if schedule.trigger is Trigger.TIMES:
        schedule.next_at = recurrence_of(schedule).next_after(read_clock(session))
    schedule.paused = False


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
    """All schedules: those that wait for photos, then the next to run first; paused ones last."""
    order = Schedule.paused, Schedule.next_at.asc().nulls_first(), Schedule.id
    return session.scalars(select(Schedule).order_by(*order)).all()


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
    """When a schedule at times fires."""
    return Recurrence(cron=schedule.cron, time_zone=schedule.time_zone)


def _set_timing(schedule: Schedule, timing: Timing, now: datetime) -> None:
    if timing.recurrence is None:
        schedule.cron, schedule.time_zone, schedule.next_at = "", "UTC", None
    else:
        schedule.cron, schedule.time_zone = timing.recurrence.cron, timing.recurrence.time_zone
        schedule.next_at = timing.recurrence.next_after(now)
    schedule.overlap, schedule.renews_reports = timing.overlap, timing.renews_reports
