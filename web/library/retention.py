"""Retention: the dry run, and the job that deletes pictures of photos that are old enough."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.retention.job_kind import KeptBy, RetentionOptions, request_retention
from core.retention.queries import plan_retention
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from workers.broker import wake

retention = Blueprint("retention", __name__, url_prefix="/library/retention")


@retention.get("")
def page() -> ResponseReturnValue:
    """The form, and the dry run once photos are named."""
    try:
        options = _options() if request.args.get("value") else None
    except InputError as error:
        return _page(None, error), status_of(error)
    return _page(options, None)


@retention.post("")
def start() -> ResponseReturnValue:
    """Request the job and go to its page, or to the form of a schedule for it."""
    try:
        options = _options()
        with database().write() as rows:
            job_id = request_retention(rows, options, account_id=current_account().id).id
    except InputError as error:
        return _page(None, error), status_of(error)
    wake(settings())
    if "schedule" in request.form:
        return redirect(url_for("schedules.new", job=job_id))
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _options() -> RetentionOptions:
    given = request.values
    return RetentionOptions(
        by=given.get("by", ""),
        value=given.get("value", ""),
        days=given.get("days", RetentionOptions.default_of("days")),
        datasets=given.get("datasets") == "1",
    )


def _page(options: RetentionOptions | None, failure: InputError | None) -> str:
    plan = None
    if options is not None:
        with database().read() as rows:
            plan = plan_retention(rows, options)
    return render_template(
        "library/retention.html",
        plan=plan,
        failure=failure,
        ways=list(KeptBy),
        given=request.values,
        default_days=RetentionOptions.default_of("days"),
    )
