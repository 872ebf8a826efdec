"""Decisions as JSON lines: export them, and import those of another service or tool."""

from flask import Response, request

from core.review.answers.store import queue_name
from core.review.decision_lines import export_decisions
from core.review.line_import import add_new_decisions, plan_lines, split_lines
from core.review.queues.queries import get_queue
from models import Scope
from web.api_v1.access import caller, require_admin
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.decision_lines import ExportQuery, ImportAnswer, ImportQuery, Whose
from web.extension import database

_LINES = "application/x-ndjson"
#: Decisions in one transaction, so that others can write meanwhile.
_AT_ONCE = 100


@api_v1.get("/review/export")
@operation(Scope.READ, tag="review", media=_LINES)
def export_decision_lines(query: ExportQuery) -> Answered:
    """The newest decision of each person about each face, a JSON object a line, by number."""
    queue = None
    if query.queue is not None:
        with database().read() as rows:
            queue = queue_name(get_queue(rows, query.queue).id)
    lines = export_decisions(database().read, after=query.after, queue=queue)
    return Response(
        lines,
        mimetype=_LINES,
        headers={
            "Content-Disposition": 'attachment; filename="decisions.jsonl"',
            "Cache-Control": "no-store",
        },
    )


@api_v1.post("/review/import")
@operation(Scope.REVIEW, answer=ImportAnswer, tag="review", leads_only=True, body=_LINES)
def import_decision_lines(query: ImportQuery) -> ImportAnswer:
    """Add the decisions of JSON lines, up to 1 MiB a request; sent again, nothing is added twice.

    A face is found by `photo`, the SHA-256 of its photo, and `box`. What cannot be applied is named.
    """
    named = query.people is Whose.NAMED
    if named:
        require_admin("decisions of other people need it")
    lines = split_lines(request.get_data())
    with database().read() as rows:
        plan = plan_lines(rows, lines, account_id=caller().account.id, named=named)
    for start in range(0, len(plan.new), _AT_ONCE):
        with database().write() as rows:
            add_new_decisions(rows, plan.new[start : start + _AT_ONCE])
    return ImportAnswer.of(plan)
