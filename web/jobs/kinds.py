"""What the page of a job shows beside progress and log, by the kind of job."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.dedup.options import DedupOptions
from core.dedup.progress import count_groups
from core.extraction.options import ExtractOptions
from core.jobs.options import PredictOptions
from core.photos.library import list_failures
from core.reports.store import list_reports
from core.results.filter import ResultsFilter
from core.results.page import ResultPhoto
from core.results.store import count_errors, read_results
from models import Job, JobKind, ReportFormat

#: Photos shown on the page of their job.
_STRIP = 5


@dataclass(frozen=True, kw_only=True)
class KindPage:
    """One kind of job: its name, the facts under "About this job", and its panels."""

    words: str
    #: Facts of the job's options as (term, text).
    about: Callable[[Job], list[tuple[str, str]]]
    #: Partials of the wide column, above the log, and of the narrow one, above the facts.
    panels: tuple[str, ...] = ()
    side_panels: tuple[str, ...] = ()
    #: What the panels need.
    details: Callable[[Session, Job], dict[str, object]] = lambda _session, _job: {}


def _predict_about(job: Job) -> list[tuple[str, str]]:
    options = PredictOptions.from_json(job.options)
    return [
        ("Input", options.folder or "Uploaded files"),
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Certainty threshold", f"{options.indeterminate_below:g}"),
    ]


def _predict_details(session: Session, job: Job) -> dict[str, object]:
    reports = {report.format: report for report in list_reports(session, job.id)}
    zipped = reports.pop(ReportFormat.ANNOTATED_ZIP, None)
    return {
        "errors": count_errors(session, job) if job.photos_failed else [],
        "strip": _strip(session, job),
        "reports": [reports[fmt] for fmt in ReportFormat if fmt in reports],
        "zipped": zipped,
    }


def _strip(session: Session, job: Job) -> list[ResultPhoto]:
    """The first photos that could be read, as far as a look at a few more tells."""
    first = read_results(session, job, ResultsFilter(), limit=3 * _STRIP).photos
    return [result for result in first if result.photo][:_STRIP]


def _dedup_about(job: Job) -> list[tuple[str, str]]:
    options = DedupOptions.from_json(job.options)
    above = options.accept_above
    return [
        ("Hashes differ by at most", f"{options.distance} bits"),
        ("Hidden at once", "nothing" if above is None else f"what is at least {above:.0%} alike"),
    ]


def _dedup_details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job), "groups": count_groups(session, job.id)}


def _extract_about(job: Job) -> list[tuple[str, str]]:
    options = ExtractOptions.from_json(job.options)
    return [
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Hidden photos", "left out" if options.leave_out_hidden else "searched too"),
    ]


def _extract_details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job)}


KINDS: dict[JobKind, KindPage] = {
    JobKind.PREDICT: KindPage(
        words="Prediction",
        about=_predict_about,
        panels=("jobs/_faces.html", "jobs/_strip.html", "jobs/_errors.html"),
        side_panels=("jobs/_reports.html",),
        details=_predict_details,
    ),
    JobKind.DEDUP: KindPage(
        words="Duplicates",
        about=_dedup_about,
        panels=("jobs/_duplicates.html", "jobs/_failures.html"),
        details=_dedup_details,
    ),
    JobKind.EXTRACT: KindPage(
        words="Extraction of faces",
        about=_extract_about,
        panels=("jobs/_failures.html",),
        details=_extract_details,
    ),
}
