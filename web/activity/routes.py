"""Which routes leave an entry in the activity log, by what they do.

Signing in, failing to and signing out are recorded where they happen (`web/accounts/views.py`).
"""

from models import ActivityKind

_DOWNLOADS = (
    "GET /datasets/<int:dataset_id>/faces.csv",
    "GET /downloads/<token>/<name>",
    "GET /jobs/<int:job_id>/groups/table.csv",
    "GET /jobs/<int:job_id>/reports/<int:number>/<name>",
    "GET /jobs/<int:job_id>/reports/<name>",
    "GET /photos/<int:photo_id>/file",
    "GET /schedules/<int:schedule_id>/trend/table.csv",
    "GET /versions/<int:version_id>/files/<kind>",
    "GET /activity/activity.jsonl",
    "GET /api/v1/activity/export",
    "GET /api/v1/datasets/<int:dataset_id>/faces.csv",
    "GET /api/v1/jobs/<int:job_id>/reports/<number>/<name>",
    "GET /api/v1/photos/<int:photo_id>/file",
    "GET /api/v1/review/export",
    "GET /api/v1/versions/<int:version_id>/files/<kind>",
)
_DECISIONS = (
    "POST /boxes/photos/<int:photo_id>/edits",
    "POST /review/conflicts/<int:item_id>",
    "POST /review/faces/<int:face_id>",
    "POST /review/faces/<int:face_id>/gold",
    "POST /versions/faces/<int:face_id>/decide",
    "POST /duplicates/<int:group_id>/accept",
    "POST /duplicates/<int:group_id>/keep",
    "POST /duplicates/<int:group_id>/not-same",
    "POST /duplicates/<int:group_id>/reopen",
    "POST /duplicates/accept-many",
    "POST /duplicates/put-back",
    "POST /duplicates/undo-many",
    "POST /datasets/imports/<int:job_id>/assumed/undo",
    "POST /try/keep",
    "POST /api/v1/conflicts/<int:conflict_id>/reopen",
    "POST /api/v1/conflicts/<int:conflict_id>/settle",
    "POST /api/v1/duplicate-groups/<int:group_id>/accept",
    "POST /api/v1/duplicate-groups/<int:group_id>/keep",
    "POST /api/v1/duplicate-groups/<int:group_id>/not-same",
    "POST /api/v1/duplicate-groups/<int:group_id>/reopen",
    "POST /api/v1/duplicate-groups/accept",
    "POST /api/v1/duplicate-groups/put-back",
    "POST /api/v1/duplicate-groups/reopen",
    "POST /api/v1/faces/<int:face_id>/decisions",
    "DELETE /api/v1/faces/<int:face_id>/gold",
    "PUT /api/v1/faces/<int:face_id>/gold",
    "POST /api/v1/jobs/<int:job_id>/assumed/undo",
    "POST /api/v1/photos/<int:photo_id>/edits",
    "POST /api/v1/queues/<int:queue_id>/<any(skip, undo, take, flag, unflag):action>",
    "POST /api/v1/queues/<int:queue_id>/decisions",
    "POST /api/v1/review/import",
)
_PROMOTIONS = (
    "POST /versions/<int:version_id>/promote",
    "POST /versions/rollback",
    "POST /api/v1/versions/<int:version_id>/promote",
    "POST /api/v1/versions/rollback",
)
_REMOVALS = (
    "POST /jobs/<int:job_id>/delete",
    "POST /library/remove",
    "POST /library/retention",
    "POST /schedules/<int:schedule_id>/delete",
    "POST /webhooks/<int:webhook_id>/delete",
    "DELETE /api/v1/jobs/<int:job_id>",
    "DELETE /api/v1/schedules/<int:schedule_id>",
    "DELETE /api/v1/webhooks/<int:webhook_id>",
)
_SETTINGS = (
    "POST /datasets/<int:dataset_id>/pin",
    "POST /jobs/<int:job_id>/audit/target",
    "POST /jobs/<int:job_id>/links",
    "POST /jobs/<int:job_id>/links/<int:link_id>/revoke",
    "POST /review/guide/edit",
    "POST /schedules/<int:schedule_id>/change",
    "POST /schedules/<int:schedule_id>/pause",
    "POST /schedules/<int:schedule_id>/resume",
    "POST /schedules/new",
    "POST /schedules/watch",
    "POST /webhooks/<int:webhook_id>/change",
    "POST /webhooks/<int:webhook_id>/pause",
    "POST /webhooks/<int:webhook_id>/resume",
    "POST /webhooks/<int:webhook_id>/rotate",
    "POST /webhooks/new",
    "POST /api/v1/datasets/<int:dataset_id>/pin",
    "POST /api/v1/jobs/<int:job_id>/links",
    "DELETE /api/v1/jobs/<int:job_id>/links/<int:link_id>",
    "DELETE /api/v1/jobs/<int:job_id>/target",
    "PUT /api/v1/jobs/<int:job_id>/target",
    "PUT /api/v1/review/guide",
    "POST /api/v1/schedules",
    "PATCH /api/v1/schedules/<int:schedule_id>",
    "POST /api/v1/schedules/<int:schedule_id>/pause",
    "POST /api/v1/schedules/<int:schedule_id>/resume",
    "POST /api/v1/webhooks",
    "PATCH /api/v1/webhooks/<int:webhook_id>",
    "POST /api/v1/webhooks/<int:webhook_id>/secret",
)
_PEOPLE = (
    "POST /account",
    "POST /people",
    "POST /people/<int:account_id>/link",
    "POST /people/<int:account_id>/shut-out",
    "POST /api/v1/people",
    "DELETE /api/v1/people/<int:account_id>",
    "POST /api/v1/people/<int:account_id>/link",
)
_TOKENS = (
    "POST /tokens",
    "POST /tokens/<int:token_id>/revoke",
    "POST /api/v1/tokens",
    "DELETE /api/v1/tokens/<int:token_id>",
)

#: What is recorded, by method and rule.
RECORDED: dict[str, ActivityKind] = {
    **dict.fromkeys(_DOWNLOADS, ActivityKind.DOWNLOADED),
    **dict.fromkeys(_DECISIONS, ActivityKind.DECIDED),
    **dict.fromkeys(_PROMOTIONS, ActivityKind.PROMOTED),
    **dict.fromkeys(_REMOVALS, ActivityKind.REMOVED),
    **dict.fromkeys(_SETTINGS, ActivityKind.SETTINGS_CHANGED),
    **dict.fromkeys(_PEOPLE, ActivityKind.PEOPLE_CHANGED),
    **dict.fromkeys(_TOKENS, ActivityKind.TOKENS_CHANGED),
}
