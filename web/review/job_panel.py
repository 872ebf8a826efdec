"""Panels on the pages of jobs that fill a review queue or measure agreement."""

from core.review.job_kind import AGREEMENT, REVIEW
from core.review.queues.queries import find_queue
from models import Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    return [("Queue", str(REVIEW.options_of(job).queue_id))]


declare_panels(
    REVIEW,
    JobPanels(
        icon="grid",
        goes="Its log is deleted.",
        stays="The queue and its decisions stay.",
        about=_about,
        side_panels=("review/_queue_panel.html",),
        details=lambda session, job: {"queue": find_queue(session, job)},
    ),
)
declare_panels(
    AGREEMENT, JobPanels(icon="people", goes="Its log is deleted.", stays="The measured agreement stays.")
)
