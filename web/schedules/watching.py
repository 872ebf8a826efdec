"""Add and change a schedule that waits for new photos in a folder."""

from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.queries import get_job
from core.library.files.folder import check_root
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.store import add_schedule, change_schedule, get_schedule
from core.schedules.watching.queries import find_watch
from core.schedules.watching.store import check_watchable
from models import FolderWatch, Schedule
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from web.numbers import query_number
from web.schedules.watch_form import ChangedWatchForm, NewWatchForm, changed_form, form_like

watching = Blueprint("watching", __name__, url_prefix="/schedules")


@watching.get("/watch")
def new() -> ResponseReturnValue:
    """The empty form, or one for the folder of the job in the address."""
    if "job" not in request.args:
        return _form(NewWatchForm(folder=request.args.get("folder", "")))
    with database().read() as rows:
        job = get_job(rows, query_number("job", 0))
    check_watchable(JobRequest(kind=job.kind, options=job.options, title="", account_id=None))
    return _form(form_like(PredictOptions.from_json(job.options), job.title))


@watching.post("/watch")
def add() -> ResponseReturnValue:
    """Add the schedule; the watcher begins within a second or two."""
    form = NewWatchForm()
    if not form.validate():
        return _form(form), 400
    try:
        wanted = _request(form)
        with database().write() as rows:
            schedule_id = add_schedule(rows, wanted, form.timing()).id
    except InputError as error:
        return _form(form, error), status_of(error)
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule_id))


@watching.get("/<int:schedule_id>/watch")
def change_page(schedule_id: int) -> ResponseReturnValue:
    """The form that changes how the folder is watched."""
    with database().read() as rows:
        schedule, watch = _get(get_schedule(rows, schedule_id), find_watch(rows, schedule_id))
    return _changed(changed_form(schedule, watch), schedule)


@watching.post("/<int:schedule_id>/watch")
def change(schedule_id: int) -> ResponseReturnValue:
    """Change how the folder is watched; what was taken stays taken."""
    form = ChangedWatchForm()
    with database().write() as rows:
        schedule, watch = _get(get_schedule(rows, schedule_id), find_watch(rows, schedule_id))
        if not form.validate():
            return _changed(form, schedule), 400
        change_schedule(rows, schedule, title=form.title.data or "", timing=form.timing(watch))
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule_id))


def _request(form: NewWatchForm) -> JobRequest:
    """The jobs' request, with the real path of the folder; InputError of a folder that cannot be read."""
    options = form.job_options()
    folder = str(check_root(Path(options.folder or ""), settings().roots))
    return JobRequest(
        kind=PREDICT.name,
        options=options.with_changes(folder=folder).to_json(),
        title=(form.title.data or "").strip() or f"New in {folder}",
        account_id=current_account().id,
    )


def _get(schedule: Schedule, watch: FolderWatch | None) -> tuple[Schedule, FolderWatch]:
    if watch is None:
        raise InputError("schedule_trigger", f"Schedule {schedule.id} starts at fixed times.")
    return schedule, watch


def _form(form: NewWatchForm, failure: InputError | None = None) -> str:
    return render_template("schedules/watch.html", form=form, failure=failure, roots=settings().roots)


def _changed(form: ChangedWatchForm, schedule: Schedule) -> str:
    return render_template("schedules/change_watch.html", form=form, schedule=schedule)
