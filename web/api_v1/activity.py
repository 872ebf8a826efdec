"""The activity log as JSON lines, for the owner's tokens."""

from flask import Response

from core.accounts import OWNER
from core.activity.queries import ActivityFilter, export_activity
from core.errors import InputError
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.activity import ActivityQuery
from web.extension import database

_LINES = "application/x-ndjson"


@api_v1.get("/activity/export")
@operation(Scope.ADMIN, tag="people", media=_LINES)
def export_activity_lines(query: ActivityQuery) -> Answered:
    """Who did what, when and from where, a JSON object a line, oldest first; for the owner's tokens.

    To follow the log, ask again with `after` as the highest `id` so far.
    """
    if caller().account.name != OWNER:
        raise InputError("owner_needed", "The activity log is for the owner.")
    wanted = ActivityFilter(kind=query.kind, who=query.who, since=query.since, until=query.until)
    return Response(
        export_activity(database().read, wanted, after=query.after),
        mimetype=_LINES,
        headers={
            "Content-Disposition": 'attachment; filename="activity.jsonl"',
            "Cache-Control": "no-store",
        },
    )
