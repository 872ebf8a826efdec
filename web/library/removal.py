"""Removals: the dry run, the request, and earlier removals."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.removal.job_kind import request_removal
from core.removal.queries import list_removals, plan_removal
from core.removal.target import Target
from models import TakedownBy
from web.accounts.session import current_account, safe_next
from web.errors import status_of
from web.extension import database, settings
from web.library.chosen import read_chosen
from workers.broker import wake

removal = Blueprint("removal", __name__, url_prefix="/library/remove")

_LISTED = 50


@removal.get("")
def page() -> ResponseReturnValue:
    """The form, and the dry run once a target is given."""
    return _page(None)


@removal.post("/plan")
def plan() -> ResponseReturnValue:
    """The dry run of the photos chosen in the library."""
    try:
        return _page(None, Target.of(read_chosen()))
    except InputError as error:
        return _page(error), status_of(error)


@removal.post("")
def remove() -> ResponseReturnValue:
    """Request the removal and go to its job."""
    try:
        target = _target()
        with database().write() as rows:
            job_id = request_removal(
                rows, target, account_id=current_account().id, reason=request.form.get("reason", "")
            ).id
    except InputError as error:
        return _page(error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _target() -> Target:
    """The target; `shared` says whether photos with another source `stay` or `go`."""
    if request.form.get("by") == TakedownBy.SELECTION.value:
        return Target.of(read_chosen())
    shared = request.values.get("shared", "")
    spares = {"stay": True, "go": False}.get(shared)
    return Target.read(request.values.get("by", ""), request.values.get("value", ""), spares=spares)


def _page(failure: InputError | None, selected: Target | None = None) -> str:
    by, value = request.values.get("by", ""), request.values.get("value", "")
    plan = None
    with database().read() as rows:
        if (value or selected) and failure is None:
            try:
                plan = plan_removal(rows, selected or _target())
            except InputError as error:
                failure = error
        earlier = list_removals(rows, limit=_LISTED)
    return render_template(
        "library/remove.html",
        plan=plan,
        failure=failure,
        by=by or TakedownBy.HOST.value,
        value=value,
        ways=[way for way in TakedownBy if way is not TakedownBy.SELECTION],
        earlier=earlier,
        back=safe_next(request.values.get("back")) or url_for("library.home"),
    )
