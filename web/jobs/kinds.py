"""What the page of a job shows beside progress and log, by the kind of job."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.datasets.importing.options import ImportOptions
from core.datasets.request import FreezeJobOptions
from core.dedup.options import DedupOptions
from core.dedup.progress import count_groups
from core.evaluation.request import EvaluateOptions
from core.evaluation.store import find_evaluation
from core.jobs.job_photos import list_failures
from core.predict.extract.options import ExtractOptions
from core.predict.options import PredictOptions
from core.results.pages.filter import ResultsFilter
from core.results.pages.page import ResultPhoto
from core.results.pages.queries import count_errors, read_results
from core.results.reports.queries import list_reports
from core.review.queues.queries import find_queue
from models import ClassifierVersion, Dataset, Job, JobKind, ReportFormat
from web.crawl.job_panel import crawl_about, crawl_details
from web.library.removal import removal_about, removal_details
from web.training.details import training_about, training_details

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
    #: Whether asking for the same again later makes sense.
    repeatable: bool = True
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


def _import_about(job: Job) -> list[tuple[str, str]]:
    return [("Labelled set", ImportOptions.from_json(job.options).folder or "Uploaded files")]


def _import_details(session: Session, job: Job) -> dict[str, object]:
    return {"errors": count_errors(session, job) if job.photos_failed else []}


def _freeze_about(job: Job) -> list[tuple[str, str]]:
    options = FreezeJobOptions.from_json(job.options).freeze
    return [
        ("People who must agree", str(options.agreeing)),
        ("Smallest face", f"{options.smallest_face} pixels" if options.smallest_face else "any"),
    ]


def _freeze_details(session: Session, job: Job) -> dict[str, object]:
    return {"dataset": session.get(Dataset, job.dataset_id) if job.dataset_id else None}


def _evaluate_about(job: Job) -> list[tuple[str, str]]:
    return [("Dataset", str(EvaluateOptions.from_json(job.options).dataset_id))]


def _evaluate_details(session: Session, job: Job) -> dict[str, object]:
    options = EvaluateOptions.from_json(job.options)
    measured = [find_evaluation(session, each, options.dataset_id) for each in options.version_ids]
    versions = {each: session.get(ClassifierVersion, each) for each in options.version_ids}
    return {"measured": [each for each in measured if each], "versions": versions}


def _review_about(job: Job) -> list[tuple[str, str]]:
    return [("Queue", str(job.options["queue_id"]))]


def _dedup_about(job: Job) -> list[tuple[str, str]]:
    options = DedupOptions.from_json(job.options)
    above, similar = options.accept_above, options.similar_above
    return [
        ("Hashes differ by at most", f"{options.distance} bits"),
        ("Crops, bars, mirrored", "not looked for" if similar is None else f"cosine from {similar:g}"),
        ("Hidden at once", "nothing" if above is None else f"what is at least {above:.0%} alike"),
    ]


def _dedup_details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job), "groups": count_groups(session, job.id)}


def _extract_about(job: Job) -> list[tuple[str, str]]:
    options = ExtractOptions.from_json(job.options)
    return [
        ("Photos", "all" if options.job_id is None else f"of job {options.job_id}"),
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Hidden photos", "left out" if options.leave_out_hidden else "searched too"),
    ]


def _extract_details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job)}


KINDS: dict[JobKind, KindPage] = {
    JobKind.IMPORT: KindPage(
        words="Import of a labelled set",
        about=_import_about,
        panels=("datasets/_imported.html", "jobs/_errors.html"),
        details=_import_details,
    ),
    JobKind.FREEZE: KindPage(
        words="Freezing of a dataset",
        about=_freeze_about,
        panels=("datasets/_frozen.html",),
        details=_freeze_details,
    ),
    JobKind.EVALUATE: KindPage(
        words="Evaluation",
        about=_evaluate_about,
        panels=("versions/_measured.html",),
        details=_evaluate_details,
    ),
    JobKind.PREDICT: KindPage(
        words="Prediction",
        about=_predict_about,
        panels=("jobs/_faces.html", "jobs/_strip.html", "jobs/_errors.html"),
        side_panels=("review/_job_panel.html", "jobs/_reports.html"),
        details=_predict_details,
    ),
    JobKind.TRAIN: KindPage(
        words="Training",
        about=training_about,
        panels=("training/_curves.html",),
        side_panels=("training/_version.html",),
        details=training_details,
    ),
    JobKind.CLASSIFY: KindPage(words="Predictions for drawn faces", about=lambda _job: []),
    JobKind.CRAWL: KindPage(
        words="Crawl",
        about=crawl_about,
        panels=("crawl/_searches.html", "crawl/_strip.html", "crawl/_misses.html"),
        details=crawl_details,
    ),
    JobKind.REMOVE: KindPage(
        words="Removal",
        about=removal_about,
        panels=("library/_takedown.html",),
        details=removal_details,
        repeatable=False,
    ),
    JobKind.REVIEW: KindPage(
        words="Review queue",
        about=_review_about,
        side_panels=("review/_queue_panel.html",),
        details=lambda session, job: {"queue": find_queue(session, job)},
    ),
    JobKind.AGREEMENT: KindPage(words="Agreement of reviewers", about=lambda _job: []),
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
