"""The dry run of a retention; a job of the kind `retention` deletes the pictures."""

from core.retention.queries import plan_retention
from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.schemas.retention import RetentionPlanAnswer, RetentionRequest
from web.extension import database


@api_v1.post("/retention/plan")
@operation(Scope.ADMIN, answer=RetentionPlanAnswer, tag="removals")
def plan_picture_retention(json: RetentionRequest) -> RetentionPlanAnswer:
    """The dry run: how many pictures a retention job with these options would delete now."""
    options = json.options
    with database().read() as rows:
        return RetentionPlanAnswer.of(plan_retention(rows, options))
