"""What limited accounts may open: all of it reads by limited sessions, and they are refused everything else.

A page that a role may open is missing here where it tells of the whole installation: its counts would be
wrong once they were filtered, and leak otherwise.
"""

from collections.abc import Mapping
from typing import Any

from core.access.sessions import require_seen
from core.errors import InputError
from models import Account
from web.extension import database, limit_request

_PAGES = (
    "accounts.account_page",
    "accounts.sign_out",
    "tokens.page",
    "tokens.add",
    "tokens.revoke",
    "files.thumbnail",
    "files.view",
    "files.original",
    "faces.crop",
    "library.home",
    "library.photo_page",
    "jobs.home",
    "jobs.job_page",
    "photos.results",
    "photos.photo",
    "reports.download",
    "reports.download_number",
    "groups.groups_page",
    "groups.download",
    "system.document",
    "system.evidence_key",
    "review.home",
    "review.queue_page",
    "review.one_by_one",
    "review.grid",
    "review.exchange_faces",
    "review.past",
    "review.leave",
    "review.face_page",
    "review.decide_one",
    "review.flag_face",
    "review.guide_page",
    "boxes.photo_page",
    "boxes.faces",
    "boxes.edit",
)
_OPERATIONS = (
    "list_all_jobs",
    "read_job",
    "read_events",
    "list_job_faces",
    "list_photos",
    "list_job_reports",
    "download_report",
    "list_job_links",
    "read_estimates",
    "plan_audit",
    "group_job",
    "write_groups",
    "read_import",
    "list_assumed_labels",
    "read_training",
    "list_all_photos",
    "read_one_photo",
    "download_photo",
    "download_thumbnail",
    "read_photo_faces",
    "edit_photo_boxes",
    "read_face",
    "download_crop",
    "list_face_decisions",
    "decide_one_face",
    "flag_face",
    "resolve_flag",
    "list_all_schedules",
    "read_schedule",
    "list_schedule_runs",
    "read_trend",
    "list_review_queues",
    "read_queue",
    "take_faces",
    "decide_items",
    "change_items",
    "release_items",
    "list_own_decisions",
    "read_labelling_guide",
    "read_health",
    "read_evidence_key",
    # They need no token at all.
    "docs",
    "docs_part",
    "openapi",
)
OPEN_TO_LIMITED = frozenset((*_PAGES, *(f"api_v1.{name}" for name in _OPERATIONS)))


def may_open_limited(account: Account, endpoint: str | None) -> bool:
    """Whether limits leave the endpoint open; an unknown address is, for its 404."""
    return not account.is_limited or endpoint is None or endpoint in OPEN_TO_LIMITED


def begin_limited(account: Account, endpoint: str | None, named: Mapping[str, Any]) -> None:
    """Have the rest of the request read what the account sees, and check what its address names.

    Raises InputError access_limited, or what `require_seen` raises.
    """
    if not account.is_limited:
        return
    if not may_open_limited(account, endpoint):
        raise InputError(
            "access_limited",
            "Your account has some series and review queues only, and this is about all of the service.",
        )
    limit_request(account)
    with database().read() as rows:
        require_seen(rows, named)
