"""The list of schedules, the page of one, and the form that adds or changes one."""

from dataclasses import asdict

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.queries import get_job
from core.jobs.request import check_recurring, request_like
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.recurrence import Recurrence
from core.schedules.store import (
    add_schedule,
    change_schedule,
    get_schedule,
    list_runs,
    list_schedules,
    read_last_runs,
)
from core.schedules.watching.queries import find_watch, read_watches
from models import Job
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database
from web.numbers import query_number
from web.pages import live_page
from web.schedules.forms import ScheduleForm, preview_of, preview_of_schedule, zoned
from web.schedules.watch_words import watch_words
from web.schedules.watching import change_form, change_watch

schedules = Blueprint("schedules", __name__, url_prefix="/schedules")


@schedules.get("")
def home() -> ResponseReturnValue:
    """All schedules, the next to run first."""
    with database().read() as rows:
        last, watches = read_last_runs(rows), read_watches(rows)
        found = [
            (schedule, last.get(schedule.id), watches.get(schedule.id)) for schedule in list_schedules(rows)
        ]
    return live_page(
        "schedules/home.html",
        found=found,
        preview_of=preview_of_schedule,
        zoned=zoned,
        watch_words=watch_words,
    )


@schedules.get("/new")
def new() -> ResponseReturnValue:
    """The form that schedules the job of the address."""
    if "job" not in request.args:
        return redirect(url_for("schedules.home"))
    with database().read() as rows:
        job = get_job(rows, query_number("job", 0))
    check_recurring(_job_request(job))
    return _form(ScheduleForm(title=job.title), job=job)


@schedules.post("/new")
def add() -> ResponseReturnValue:
    """Add the schedule."""
    form = ScheduleForm()
    with database().write() as rows:
        job = get_job(rows, query_number("job", 0))
        try:
            if not form.validate():
                return _form(form, job=job), 400
            schedule = add_schedule(rows, _job_request(job, form.title.data or ""), form.timing())
        except InputError as error:
            return _form(form, job=job, failure=error), status_of(error)
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule.id))


@schedules.get("/<int:schedule_id>")
def schedule_page(schedule_id: int) -> ResponseReturnValue:
    """One schedule with its history."""
    with database().read() as rows:
        schedule = get_schedule(rows, schedule_id)
        runs, watch = list_runs(rows, schedule_id), find_watch(rows, schedule_id)
    return live_page(
        "schedules/schedule.html",
        schedule=schedule,
        runs=runs,
        preview=preview_of_schedule(schedule) if watch is None else None,
        watch=watch,
        words=watch_words(schedule, watch) if watch else None,
    )


@schedules.get("/<int:schedule_id>/change")
def change_page(schedule_id: int) -> ResponseReturnValue:
    """The form that changes a schedule."""
    with database().read() as rows:
        schedule, watch = get_schedule(rows, schedule_id), find_watch(rows, schedule_id)
    if watch is not None:
        return change_form(schedule, watch)
    form = ScheduleForm(
        title=schedule.title,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        overlap=schedule.overlap.value,
        renews_reports=schedule.renews_reports,
    )
    return _form(form, kind=schedule.kind)


@schedules.post("/<int:schedule_id>/change")
def change(schedule_id: int) -> ResponseReturnValue:
    """Change the schedule."""
    form = ScheduleForm()
    with database().write() as rows:
        schedule, watch = get_schedule(rows, schedule_id), find_watch(rows, schedule_id)
        if watch is not None:
            return change_watch(rows, schedule, watch)
        try:
            if not form.validate():
                return _form(form, kind=schedule.kind), 400
            change_schedule(rows, schedule, title=form.title.data or "", timing=form.timing())
        except InputError as error:
            return _form(form, kind=schedule.kind, failure=error), status_of(error)
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule_id))


@schedules.get("/preview")
def preview() -> ResponseReturnValue:
    """The preview of a cron expression, for the form's script."""
    line, zone = request.args.get("cron", ""), request.args.get("time_zone", "")
    return jsonify(asdict(preview_of(Recurrence(cron=line, time_zone=zone))))


def _job_request(job: Job, title: str = "") -> JobRequest:
    return request_like(job, account_id=current_account().id, title=title)


def _form(
    form: ScheduleForm, *, job: Job | None = None, kind: str = "", failure: InputError | None = None
) -> str:
    shown = None
    if failure is None and not form.errors:
        try:
            shown = preview_of(form.recurrence())
        except InputError as error:
            # Stored times can become invalid, and here they are mended.
            failure = error
    has_reports = (job.kind if job else kind) == PREDICT.name
    return render_template(
        "schedules/form.html",
        form=form,
        job=job,
        failure=failure,
        preview=shown,
        has_reports=has_reports,
        watchable=job is not None and has_reports and PredictOptions.from_json(job.options).folder,
    )
