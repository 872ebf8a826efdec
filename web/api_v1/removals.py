"""Removals: the dry run, the request, and earlier ones."""

from core.removal.job_kind import request_removal
from core.removal.queries import list_removals, plan_removal
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.jobs import JobAnswer
from web.api_v1.schemas.removals import (
    Removal,
    RemovalList,
    RemovalPlanAnswer,
    RemovalRequest,
    RemovalTarget,
)
from web.api_v1.starting import created_job
from web.extension import database


@api_v1.post("/removals/plan")
@operation(Scope.ADMIN, answer=RemovalPlanAnswer, tag="removals")
def plan_photo_removal(json: RemovalTarget) -> RemovalPlanAnswer:
    """The dry run: what a removal would delete, in numbers. It changes nothing."""
    with database().read() as rows:
        return RemovalPlanAnswer.of(plan_removal(rows, json.target))


@api_v1.post("/removals")
@operation(Scope.ADMIN, answer=JobAnswer, status=202, tag="removals", errors=(409,), repeatable=True)
def remove_photos(json: RemovalRequest) -> Answered:
    """Delete photos with everything derived from them, if there are as many as the dry run said."""
    target, account_id = json.target, caller().account.id
    return created_job(
        lambda rows: request_removal(
            rows, target, account_id=account_id, reason=json.reason, expected=json.photos
        )
    )


@api_v1.get("/removals")
@operation(Scope.READ, answer=RemovalList, tag="removals")
def list_earlier_removals(query: ListQuery) -> RemovalList:
    """Removals, newest first."""
    with database().read() as rows:
        found = list_removals(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
    shown, following = page_of(found, query.limit, lambda takedown: cursor_of(takedown.id))
    return RemovalList(removals=[Removal.of(takedown) for takedown in shown], next=following)
