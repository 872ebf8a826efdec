"""The list of jobs and the page of one job."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.jobs.kinds import get_kind
from core.jobs.queries import get_job, list_events, list_jobs
from core.jobs.request import may_recur, request_like
from web.crawl import job_panel as crawl  # noqa: F401
from web.datasets import job_panel as datasets  # noqa: F401
from web.duplicates import job_panel as duplicates  # noqa: F401
from web.extension import database, settings
from web.jobs import job_panel as predict  # noqa: F401
from web.jobs.card import read_card
from web.jobs.panels import panels_of, title_of
from web.library import job_panel as removal  # noqa: F401
from web.pages import live_page
from web.review import job_panel as review  # noqa: F401
from web.training import job_panel as training  # noqa: F401
from web.versions import job_panel as versions  # noqa: F401

jobs = Blueprint("jobs", __name__)

_PAGE = 20
_LOG_LINES = 100


@jobs.get("/")
def home() -> ResponseReturnValue:
    """Jobs, newest first."""
    before = request.args.get("before", type=int)
    with database().read() as rows:
        found = list_jobs(rows, before_id=before, limit=_PAGE + 1)
        cards = [read_card(rows, job, settings()) for job in found[:_PAGE]]
    older = cards[-1].job.id if len(found) > _PAGE else None
    stalled = next((card.progress.stalled for card in cards if card.progress.stalled), None)
    return live_page(
        "jobs/home.html",
        cards=cards,
        older=older,
        before=before,
        stalled=stalled,
        most_bytes=settings().max_photo_bytes,
    )


@jobs.get("/jobs/<int:job_id>")
def job_page(job_id: int) -> ResponseReturnValue:
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
