"""Conflicts: faces that two people decided differently."""

from core.review.agreement.queries import get_conflict, list_conflicts
from core.review.answers.settling import reopen_conflict, settle_conflict
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.queues import Conflict, ConflictList, ConflictQuery, Settlement
from web.extension import database


@api_v1.get("/conflicts")
@operation(Scope.READ, answer=ConflictList, tag="conflicts")
def list_all_conflicts(query: ConflictQuery) -> ConflictList:
    """Conflicts of all queues, newest first."""
    with database().read() as rows:
        before = read_cursor(query.after)
        found = list_conflicts(rows, only_open=not query.settled, before_id=before, limit=query.limit + 1)
    shown = found[: query.limit]
    return ConflictList(
        conflicts=[Conflict.of(conflict) for conflict in shown],
        next=cursor_of(shown[-1].item.id) if len(found) > query.limit else None,
    )


@api_v1.post("/conflicts/<int:conflict_id>/settle")
@operation(Scope.REVIEW, answer=Conflict, tag="conflicts", errors=(409,), leads_only=True)
def settle_one_conflict(conflict_id: int, json: Settlement) -> Conflict:
    """Settle a conflict: the decision ends the conflicts of this face in all queues."""
    with database().write() as rows:
        settle_conflict(rows, conflict_id, json.label, account_id=caller().account.id)
        return Conflict.of(get_conflict(rows, conflict_id))


@api_v1.post("/conflicts/<int:conflict_id>/reopen")
@operation(Scope.REVIEW, answer=Conflict, tag="conflicts", errors=(409,), leads_only=True)
def reopen_one_conflict(conflict_id: int) -> Conflict:
    """Undo the decision of a lead that settled a conflict."""
    with database().write() as rows:
        reopen_conflict(rows, conflict_id)
        return Conflict.of(get_conflict(rows, conflict_id))
