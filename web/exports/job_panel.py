"""The page of an export job: its options, and the file."""

from sqlalchemy.orm import Session

from core.exports.job_kind import EXPORT
from core.exports.store import ends_at
from core.number_text import percent
from core.results.reports.queries import list_reports
from models import Job
from web.extension import settings
from web.jobs.links import USUAL_DAYS, job_links
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    options = EXPORT.options_of(job)
    facts = [("Format", options.format.words), ("From", _source_words(job))]
    facts.append(("Labels", options.labels.value))
    if options.is_split:
        shares = f"{percent(options.validation_share)} validation, {percent(options.test_share)} test"
        facts.append(("Splits", f"{shares}, seed {options.split_seed}"))
    if options.boxed_only:
        facts.append(("Photos", "all faces boxed"))
    if options.licences:
        facts.append(("Licences", ", ".join(options.licences)))
    if not options.photos:
        facts.append(("Photos", "not included"))
    return facts


def _source_words(job: Job) -> str:
    options = EXPORT.options_of(job)
    if options.dataset_id is not None:
        return f"dataset {options.dataset_id}"
    return f"queue {options.queue_id}" if options.queue_id is not None else options.selection.words


def _details(session: Session, job: Job) -> dict[str, object]:
    return {
        "files": (found := list_reports(session, job.id)),
        "ends": [ends_at(settings(), report) for report in found],
        "links": job_links(session, job.id),
        "link_days": USUAL_DAYS,
    }


declare_panels(
    EXPORT,
    JobPanels(
        icon="box",
        goes="Its zip and its log are deleted.",
        stays="Photos, faces and labels stay.",
        about=_about,
        panels=("exports/_file.html", "jobs/_links.html"),
        details=_details,
    ),
)
