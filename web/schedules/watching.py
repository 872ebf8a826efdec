"""The forms that add and change a schedule that waits for new photos in a folder."""

from pathlib import PurePath

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.queries import get_job
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.store import add_schedule, change_schedule
from core.schedules.watching.store import check_watchable, watch_request
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


def change_form(schedule: Schedule, watch: FolderWatch) -> str:
    """The form that changes how the folder of a schedule is watched."""
    return _changed(changed_form(schedule, watch), schedule)


def change_watch(rows: Session, schedule: Schedule, watch: FolderWatch) -> ResponseReturnValue:
    """Change how the folder is watched; what was taken stays taken."""
    form = ChangedWatchForm()
    if not form.validate():
        return _changed(form, schedule), 400
    change_schedule(rows, schedule, title=form.title.data or "", timing=form.timing(watch))
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule.id))


def _request(form: NewWatchForm) -> JobRequest:
    """The jobs' request, with the real path of the folder; InputError as `watch_request`."""
    options = form.job_options()
    name = PurePath(options.folder or "").name or options.folder
    title = (form.title.data or "").strip() or f"New in {name}"
    asked = JobRequest(
        kind=PREDICT.name, options=options.to_json(), title=title, account_id=current_account().id
    )
    return watch_request(asked, settings().roots)


def _form(form: NewWatchForm, failure: InputError | None = None) -> str:
    return render_template("schedules/watch.html", form=form, failure=failure, roots=settings().roots)


def _changed(form: ChangedWatchForm, schedule: Schedule) -> str:
    return render_template("schedules/change_watch.html", form=form, schedule=schedule)
