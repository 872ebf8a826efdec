"""The panel "Shares" of a predict job's page, and the page of a job that draws a sample."""

from flask import Flask
from sqlalchemy.orm import Session

from core.audit.job_kind import AUDIT
from core.audit.overview import Overview, read_overview
from core.audit.queries import find_sample_by_id
from core.estimates.shares import PEOPLE
from models import Job
from web.accounts.session import current_account
from web.audit.words import minutes, promise, target_words, until_done
from web.jobs.panels import ENDED, JobPanels, declare_panels


def read_shares(session: Session, job: Job) -> Overview | None:
    """What the panel shows; None while the job runs, and where it found no face."""
    counted = job.faces_with_mask + job.faces_without_mask + job.faces_incorrect + job.faces_indeterminate
    if job.state not in ENDED or not counted:
        return None
    return read_overview(session, job, account_id=current_account().id)


def add_words(app: Flask) -> None:
    """Filters of the panel."""
    for function in (minutes, promise, until_done):
        app.template_filter(function.__name__)(function)
    app.jinja_env.globals["target_words"] = target_words
    app.jinja_env.globals["people_labels"] = PEOPLE


def _details(session: Session, job: Job) -> dict[str, object]:
    return {"drawn_sample": find_sample_by_id(session, AUDIT.options_of(job).sample_id)}


declare_panels(
    AUDIT,
    JobPanels(
        icon="check",
        goes="Its log is deleted.",
        stays="The sample, its queue and its decisions stay.",
        side_panels=("audit/_drawn.html",),
        details=_details,
    ),
)
