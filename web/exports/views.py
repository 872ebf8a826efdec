"""The page “Import and export”."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.exports.job_kind import EXPORT, request_export
from core.exports.options import ExportedLabels, ExportFormat
from core.exports.queries import read_exports
from core.jobs.queries import JobFilter, get_job, list_jobs
from core.library.pictures.anonymise import Anonymise
from core.library.selection.model import LibrarySelection
from core.review.queues.queries import get_queue
from web.accounts.session import current_account, safe_next
from web.exports.forms import USES, ExportForm
from web.extension import database, settings
from web.library.chosen import read_chosen, read_filter
from web.numbers import query_number
from workers.broker import wake

exports = Blueprint("exports", __name__, url_prefix="/exchange")

#: Exports that the page lists.
_LISTED = 10


@exports.get("")
def home() -> ResponseReturnValue:
    """The form of an export of what the address names, ways to import, and the newest exports."""
    return _page(ExportForm(data=_proposed()))


@exports.post("")
def submit() -> ResponseReturnValue:
    """Request the export and go to the page of its job."""
    form = ExportForm()
    if not form.validate():
        return _page(form), 400
    try:
        with database().write() as rows:
            options = form.options(_source())
            job_id = request_export(rows, options, title="", account_id=current_account().id).id
    except InputError as error:
        flash(error.message, "error")
        return _page(form), 400
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@exports.post("/selected")
def selected() -> ResponseReturnValue:
    """The form for photos that were chosen in the library."""
    try:
        chosen: dict[str, Any] = read_chosen().query
    except InputError as error:
        flash(error.message, "error")
        return redirect(safe_next(request.form.get("back")) or url_for("library.home"))
    return redirect(url_for("exports.home", **chosen))


def _page(form: ExportForm) -> str:
    source = _source()
    with database().read() as rows:
        words = _words(rows, source)
        listed = list_jobs(rows, JobFilter(kind=EXPORT.name), after_id=None, limit=_LISTED)
        zips = read_exports(rows)
    given = {name: value for name, value in request.args.items() if name != "csrf_token"}
    return render_template(
        "exports/home.html", form=form, uses=USES, source_words=words, given=given, listed=listed, zips=zips
    )


def _proposed() -> dict[str, Any]:
    """What the form says at first, where the address asks for something else than usual."""
    said: dict[str, Any] = {}
    if request.args.get("format") in set(ExportFormat):
        said["format"] = request.args["format"]
    if request.args.get("boxed") == "1":
        said |= {"boxed_only": True, "labels": ExportedLabels.DECIDED.value}
    if "files" in request.args:
        said["photos"] = request.args["files"] == "1"
    if request.args.get("faces") in set(Anonymise):
        said["anonymise"] = request.args["faces"]
    return said | ({"metadata": True} if request.args.get("metadata") else {})


def _source() -> dict[str, Any]:
    """The part of the options that says what is exported, from the address."""
    for name in ("dataset_id", "queue_id"):
        number = query_number(name)
        if number is not None:
            return {name: number}
    return {"selection": read_filter()}


def _words(rows: Session, source: dict[str, Any]) -> str:
    """What is exported; raises the error of a source that does not exist."""
    if "dataset_id" in source:
        return f"dataset {get_dataset(rows, source['dataset_id']).id}"
    if "queue_id" in source:
        return f"photos of the queue “{get_queue(rows, source['queue_id']).title}”"
    selection: LibrarySelection = source["selection"]
    if selection.job is not None:
        get_job(rows, selection.job)
    return selection.words
