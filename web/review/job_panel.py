"""Panels on the page of a job that fills a review queue."""

from core.review.job_kind import REVIEW
from core.review.queues.queries import find_queue
from models import Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    return [("Queue", str(REVIEW.options_of(job).queue_id))]


declare_panels(
    REVIEW,
    JobPanels(
        about=_about,
        side_panels=("review/_queue_panel.html",),
        details=lambda session, job: {"queue": find_queue(session, job)},
    ),
)
