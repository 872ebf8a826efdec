"""The panel on the page of a duplicate job."""

from sqlalchemy.orm import Session

from core.dedup.groups.queries import count_groups
from core.dedup.job_kind import DEDUP
from core.jobs.queries import list_failures
from core.number_text import threshold
from models import Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    options = DEDUP.options_of(job)
    above, similar = options.accept_above, options.similar_above
    return [
        ("Hashes differ by at most", f"{options.distance} bits"),
        ("Crops, bars, mirrored, turned", "not searched" if similar is None else f"cosine from {similar:g}"),
        (
            "Hidden at once",
            "nothing" if above is None else f"groups of at least {threshold(above)} similarity",
        ),
    ]


def _details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job), "groups": count_groups(session, job.id)}


declare_panels(
    DEDUP,
    JobPanels(
        icon="copies",
        goes="Its list of photos and its log are deleted.",
        stays="Duplicate groups stay.",
        about=_about,
        panels=("jobs/_duplicates.html", "jobs/_failures.html"),
        details=_details,
    ),
)
