"""The jobs page and the page of one job, with the fragments that keep both alive."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.jobs.reading import get_job, list_events, list_jobs
from core.reports.store import list_reports
from core.results.filter import ResultsFilter
from core.results.page import ResultPhoto
from core.results.store import count_errors, read_results
from models import Job, ReportFormat
from web.extension import database, settings
from web.jobs.card import JobCard, read_card
from web.live import live_page

jobs = Blueprint("jobs", __name__)

_PAGE = 20
_LOG_LINES = 100
#: Photos shown on the page of their job.
_STRIP = 5


@jobs.get("/")
def home() -> ResponseReturnValue:
    """Jobs, newest first."""
    before = request.args.get("before", type=int)
    with database().read() as rows:
        found = list_jobs(rows, before_id=before, limit=_PAGE + 1)
        cards = [read_card(rows, job, settings()) for job in found[:_PAGE]]
    older = cards[-1].job.id if len(found) > _PAGE else None
    stalled = next((card.progress.stalled for card in cards if card.progress.stalled), None)
    return live_page("jobs/home.html", cards=cards, older=older, before=before, stalled=stalled)


@jobs.get("/jobs/<int:job_id>")
def job_page(job_id: int) -> ResponseReturnValue:
    """One job: progress, faces, errors, reports, log."""
    with database().read() as rows:
        card = read_card(rows, get_job(rows, job_id), settings())
        context = _details(rows, card)
    return live_page("jobs/job.html", card=card, **context)


def _strip(rows: Session, job: Job) -> list[ResultPhoto]:
    """The first photos that could be read, as far as a look at a few more tells."""
    first = read_results(rows, job, ResultsFilter(), limit=3 * _STRIP).photos
    return [result for result in first if result.photo][:_STRIP]


def _details(rows: Session, card: JobCard) -> dict[str, object]:
    reports = {report.format: report for report in list_reports(rows, card.job.id)}
    zipped = reports.pop(ReportFormat.ANNOTATED_ZIP, None)
    return {
        "errors": count_errors(rows, card.job) if card.job.photos_failed else [],
        "strip": _strip(rows, card.job),
        "events": list_events(rows, card.job.id, limit=_LOG_LINES),
        "reports": [reports[fmt] for fmt in ReportFormat if fmt in reports],
        "zipped": zipped,
    }
