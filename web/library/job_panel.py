"""What the pages of removals and retention jobs show."""

from sqlalchemy.orm import Session

from core.number_text import number
from core.removal.job_kind import REMOVE
from core.removal.queries import get_takedown, read_losses
from core.retention.job_kind import RETENTION
from models import Job, TakedownBy
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    """The options in words."""
    facts = [("Removes by", str(job.options["by"])), ("Value", str(job.options["value"]))]
    if job.options["by"] in (TakedownBy.PHOTO.value, TakedownBy.SELECTION.value):
        return facts
    return [*facts, ("Photos with another source", "kept" if job.options.get("spares") else "removed")]


def _details(session: Session, job: Job) -> dict[str, object]:
    """What was removed so far, and the datasets that lost faces."""
    takedown = get_takedown(session, job.id)
    faces = {int(dataset_id): count for dataset_id, count in takedown.datasets.items()}
    return {"takedown": takedown, "losses": read_losses(session, faces)}


declare_panels(
    REMOVE,
    JobPanels(
        icon="trash",
        goes="Its log is deleted.",
        stays="The record of the removal stays, and what it removed stays removed.",
        about=_about,
        panels=("library/_takedown.html",),
        details=_details,
    ),
)


def _about_retention(job: Job) -> list[tuple[str, str]]:
    options = RETENTION.options_of(job)
    return [
        ("Photos of", f"{options.noun} {options.value}"),
        ("Days kept", number(options.days)),
        ("Photos of datasets", "deleted too" if options.datasets else "kept"),
    ]


declare_panels(
    RETENTION,
    JobPanels(
        icon="hourglass",
        goes="Its log is deleted.",
        stays="What it deleted stays deleted.",
        about=_about_retention,
    ),
)
