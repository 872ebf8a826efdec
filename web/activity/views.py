"""The activity log of the owner: a page with filters, and all entries as JSON lines."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from core.accounts import list_accounts
from core.activity.queries import ActivityFilter, export_activity, list_activity
from core.errors import InputError
from models import ActivityKind
from web.extension import database, settings
from web.numbers import query_number
from web.pages import chosen

activity = Blueprint("activity", __name__, url_prefix="/activity")

_LINES = "application/x-ndjson"
_ON_PAGE = 100

#: Each kind as people read it.
KIND_WORDS = {
    ActivityKind.SIGNED_IN: "Signed in",
    ActivityKind.SIGN_IN_FAILED: "Sign-in failed",
    ActivityKind.SIGNED_OUT: "Signed out",
    ActivityKind.DOWNLOADED: "Downloaded",
    ActivityKind.DECIDED: "Decided",
    ActivityKind.PROMOTED: "Promoted a version",
    ActivityKind.REMOVED: "Removed",
    ActivityKind.SETTINGS_CHANGED: "Changed settings",
    ActivityKind.PEOPLE_CHANGED: "Changed people",
    ActivityKind.TOKENS_CHANGED: "Changed tokens",
}


@activity.get("")
def page() -> ResponseReturnValue:
    """Entries, newest first, a hundred a page."""
    wanted = _wanted()
    with database().read() as rows:
        before = query_number("before")
        found = list_activity(rows, wanted, before_id=before, limit=_ON_PAGE + 1)
        names = [account.name for account in list_accounts(rows)]
    return render_template(
        "activity/home.html",
        entries=found[:_ON_PAGE],
        following=found[_ON_PAGE - 1].id if len(found) > _ON_PAGE else None,
        words=KIND_WORDS,
        names=names,
        given={name: value for name, value in request.args.items() if name != "before" and value},
        days=settings().activity_days,
    )


@activity.get("/activity.jsonl")
def export() -> ResponseReturnValue:
    """The entries of the filters, oldest first, as they are read."""
    lines = export_activity(database().read, _wanted())
    headers = {"Content-Disposition": "attachment; filename=activity.jsonl", "Cache-Control": "no-store"}
    return Response(lines, mimetype=_LINES, headers=headers)


def _wanted() -> ActivityFilter:
    until = _day("until")
    return ActivityFilter(
        kind=chosen(ActivityKind, "kind"),
        who=request.args.get("who") or None,
        since=_day("since"),
        until=until + timedelta(days=1) if until is not None else None,
    )


def _day(name: str) -> datetime | None:
    """The beginning of a day in UTC; InputError option_invalid."""
    given = request.args.get(name, "")
    if not given:
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError("option_invalid", f"{name} must be a day such as 2026-11-29.") from error
