"""The list of jobs and the page of one job."""

from flask import Blueprint, Response

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.accounts import list_accounts
from core.jobs.kinds import get_kind, list_kinds
from core.jobs.queries import JobSort, count_open_helpers, get_job, list_events, list_jobs
from core.jobs.request import may_recur, request_like
from models import JobState
from web.audit import job_panel as audit  # noqa: F401
from web.crawl import job_panel as crawl  # noqa: F401
from web.datasets import job_panel as datasets  # noqa: F401
from web.detectors import job_panel as detectors  # noqa: F401
from web.duplicates import job_panel as duplicates  # noqa: F401
from web.exports import job_panel as exports  # noqa: F401
from web.extension import database, settings
from web.jobs import job_panel as predict  # noqa: F401
from web.jobs.card import read_card, read_cards
from web.jobs.list_filter import query_of, read_filter
from web.jobs.panels import icon_of, panels_of, title_of
from web.library import job_panel as removal  # noqa: F401
from web.numbers import query_number
from web.pages import live_page, shared_live
from web.review import job_panel as review  # noqa: F401
from web.training import job_panel as training  # noqa: F401
from web.versions import import_panel as imported_versions  # noqa: F401
from web.versions import job_panel as versions  # noqa: F401

jobs = Blueprint("jobs", __name__)
jobs.add_app_template_filter(title_of, "kind_title")
jobs.add_app_template_filter(icon_of, "kind_icon")

_PAGE = 20
_LOG_LINES = 100


@jobs.get("/")
@shared_live
def home() -> Response:
    """Jobs that match the filters of the address; `after` is the last job of the page before."""
    filters = read_filter()
    after = query_number("after")
    with database().read() as rows:
        found = list_jobs(rows, filters, after_id=after, limit=_PAGE + 1)
        cards = read_cards(rows, found[:_PAGE], settings())
        people = list_accounts(rows)
        open_helpers = count_open_helpers(rows) if filters.folds_helpers else 0
    stalled = next((card.progress.stalled for card in cards if card.progress.stalled), None)
    return live_page(
        "jobs/home.html",
        cards=cards,
        filters=filters,
        query=query_of(filters),
        after=after,
        next_after=cards[-1].job.id if len(found) > _PAGE else None,
        kinds=list_kinds(),
        states=list(JobState),
        sorts=list(JobSort),
        people=people,
        open_helpers=open_helpers,
        stalled=stalled,
        most_bytes=settings().tried_bytes,
    )


@jobs.get("/jobs/<int:job_id>")
@shared_live
def job_page(job_id: int) -> Response:
    """One job: progress, faces, errors, reports, log."""
    with database().read() as rows:
        job = get_job(rows, job_id)
        shown = panels_of(job)
        context = shown.details(rows, job)
        card = read_card(rows, job, settings())
        events = list_events(rows, job_id, limit=_LOG_LINES)
    return live_page(
        "jobs/job.html",
        card=card,
        shown=shown,
        kind_title=title_of(job),
        runs_again=get_kind(job.kind).runs_again,
        may_recur=may_recur(request_like(job, account_id=None)),
        events=events,
        **context,
    )
