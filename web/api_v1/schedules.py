"""Schedules: list, add, change, pause, resume, run or look now, delete."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.schedules.due import run_now
from core.schedules.store import (
    add_schedule,
    change_schedule,
    delete_schedule,
    get_schedule,
    list_runs,
    list_schedules,
    pause_schedule,
    read_last_runs,
    resume_schedule,
)
from core.schedules.watching.queries import find_watch, read_watches
from core.schedules.watching.store import watch_request
from models import Job, Scope, Trigger
from models import Schedule as ScheduleRow
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.jobs import JobAnswer
from web.api_v1.schemas.schedules import (
    Run,
    RunList,
    Schedule,
    ScheduleChange,
    ScheduleList,
    ScheduleRequest,
)
from web.api_v1.starting import create_once, created_job, require_scope_of
from web.extension import database, settings


@api_v1.get("/schedules")
@operation(Scope.READ, answer=ScheduleList, tag="schedules")
def list_all_schedules() -> ScheduleList:
    """All schedules, the next to run first, paused ones last."""
    with database().read() as rows:
        last, watches = read_last_runs(rows), read_watches(rows)
        found = [Schedule.of(each, last.get(each.id), watches.get(each.id)) for each in list_schedules(rows)]
    return ScheduleList(schedules=found)


@api_v1.post("/schedules")
@operation(Scope.SUBMIT, answer=Schedule, status=201, tag="schedules", repeatable=True)
def create_schedule(json: ScheduleRequest) -> Answered:
    """Start a job at times, or when photos arrive in its folder; admin where the job itself needs it.

    With an `Idempotency-Key` the request can be sent again within a day.
    """
    wanted: Any = json.job.root
    asked = JobRequest(
        kind=wanted.kind,
        options=wanted.options.to_json(),
        title=json.title,
        account_id=caller().account.id,
    )
    require_scope_of(asked.kind, asked.options)
    if json.watch is not None:
        asked = watch_request(asked, settings().roots)
    answer = create_once(
        lambda rows: add_schedule(rows, asked, json.timing),
        _answer,
        lambda rows, made: _answer(rows, get_schedule(rows, made)),
        number=lambda schedule: schedule.id,
    )
    return answer, 201, {"Location": url_for("api_v1.read_schedule", schedule_id=answer.id)}


@api_v1.get("/schedules/<int:schedule_id>")
@operation(Scope.READ, answer=Schedule, tag="schedules")
def read_schedule(schedule_id: int) -> Schedule:
    """One schedule."""
    with database().read() as rows:
        return _answer(rows, get_schedule(rows, schedule_id))


@api_v1.get("/schedules/<int:schedule_id>/runs")
@operation(Scope.READ, answer=RunList, tag="schedules")
def list_schedule_runs(schedule_id: int) -> RunList:
    """The latest 50 runs of a schedule, newest first."""
    with database().read() as rows:
        get_schedule(rows, schedule_id)
        return RunList(runs=[Run.of(run, job) for run, job in list_runs(rows, schedule_id)])


@api_v1.patch("/schedules/<int:schedule_id>")
@operation(Scope.SUBMIT, answer=Schedule, tag="schedules")
def change_one_schedule(schedule_id: int, json: ScheduleChange) -> Schedule:
    """Change title or times; what is left out stays."""
    with database().write() as rows:
        schedule = _get(rows, schedule_id)
        title = schedule.title if json.title is None else json.title
        timing = json.timing_of(schedule, find_watch(rows, schedule_id))
        change_schedule(rows, schedule, title=title, timing=timing)
        return _answer(rows, schedule)


@api_v1.post("/schedules/<int:schedule_id>/pause")
@operation(Scope.SUBMIT, answer=Schedule, tag="schedules")
def pause_one_schedule(schedule_id: int) -> Schedule:
    """Start nothing until the schedule is resumed."""
    with database().write() as rows:
        schedule = _get(rows, schedule_id)
        pause_schedule(schedule)
        return _answer(rows, schedule)


@api_v1.post("/schedules/<int:schedule_id>/resume")
@operation(Scope.SUBMIT, answer=Schedule, tag="schedules")
def resume_one_schedule(schedule_id: int) -> Schedule:
    """Go on with the next planned time; runs missed during the pause are not replaced."""
    with database().write() as rows:
        schedule = _get(rows, schedule_id)
        resume_schedule(rows, schedule)
        return _answer(rows, schedule)


@api_v1.post("/schedules/<int:schedule_id>/run")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="schedules", repeatable=True)
def run_schedule(schedule_id: int) -> Answered:
    """Start the job now, even if one is running; one that waits for photos answers to `look`."""

    def start(rows: Session) -> Job:
        schedule = _get(rows, schedule_id)
        if schedule.trigger is Trigger.NEW_PHOTOS:
            raise InputError("schedule_trigger", "This schedule waits for photos. Ask it to look for them.")
        return rows.get_one(Job, run_now(rows, schedule, settings()).job_id)

    return created_job(start)


@api_v1.post("/schedules/<int:schedule_id>/look")
@operation(Scope.SUBMIT, answer=Run, status=202, tag="schedules")
def look_now(schedule_id: int) -> Answered:
    """Have the watcher take at once the photos that have settled; the run gets its job within seconds."""
    with database().write() as rows:
        schedule = _get(rows, schedule_id)
        if schedule.trigger is Trigger.TIMES:
            raise InputError("schedule_trigger", "This schedule starts at times. Run it instead.")
        return Run.of(run_now(rows, schedule, settings()), None), 202


@api_v1.delete("/schedules/<int:schedule_id>")
@operation(Scope.ADMIN, status=204, tag="schedules")
def delete_one_schedule(schedule_id: int) -> Answered:
    """Delete a schedule and its history; its jobs stay."""
    with database().write() as rows:
        delete_schedule(rows, get_schedule(rows, schedule_id))
    return "", 204


def _get(rows: Session, schedule_id: int) -> ScheduleRow:
    """The schedule; scope_missing where its jobs need the scope admin and the token lacks it."""
    schedule = get_schedule(rows, schedule_id)
    require_scope_of(schedule.kind, schedule.options)
    return schedule


def _answer(rows: Session, schedule: ScheduleRow) -> Schedule:
    runs = list_runs(rows, schedule.id, limit=1)
    return Schedule.of(schedule, runs[0] if runs else None, find_watch(rows, schedule.id))
