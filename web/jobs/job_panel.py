"""What a predict job's page shows."""

from collections import defaultdict
from collections.abc import Sequence

from flask import request, url_for
from sqlalchemy.orm import Session

from core.library.pictures.anonymise import Anonymise
from core.number_text import threshold
from core.predict.final_counts import predicted_sums, read_final_sums
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REQUESTED_REPORTS
from core.results.pages.filter import ResultsFilter, ShownLabels, read_filter
from core.results.pages.page import ResultPhoto
from core.results.pages.queries import count_errors, read_results
from core.results.reports.changes import read_changes
from core.results.reports.queries import list_reports
from core.schedules.store import find_schedule_of_job
from models import Job, JobState, Report, ReportFormat, ReportState
from web.audit.job_panel import read_shares
from web.jobs.links import USUAL_DAYS, job_links
from web.jobs.panels import JobPanels, declare_panels

#: Photos shown on the job's page.
_STRIP = 5


def _about(job: Job) -> list[tuple[str, str]]:
    options = PREDICT.options_of(job)
    return [
        ("Input", options.input_words),
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Certainty threshold", threshold(options.indeterminate_below)),
        *_covered(options.anonymise),
    ]


def _covered(how: Anonymise) -> list[tuple[str, str]]:
    return [] if how is Anonymise.NONE else [("Faces in reports", how.words)]


def _details(session: Session, job: Job) -> dict[str, object]:
    labels = read_filter(None, None, None, None, request.args.get("labels")).labels
    reports = list_reports(session, job.id)
    return {
        "errors": count_errors(session, job) if job.photos_failed else [],
        "schedule": find_schedule_of_job(session, job.id),
        "shares": read_shares(session, job),
        "strip": _strip(session, job, labels),
        "shown_labels": labels,
        "labels_query": {} if labels is ShownLabels.FINAL else {"labels": labels.value},
        "labels_switch": [
            (each, url_for("jobs.job_page", job_id=job.id, labels=None if is_final else each.value))
            for each, is_final in ((ShownLabels.PREDICTED, False), (ShownLabels.FINAL, True))
        ],
        "shown_sums": predicted_sums(job)
        if labels is ShownLabels.PREDICTED
        else read_final_sums(session, [job])[job.id],
        "reports": _newest(reports),
        "links": job_links(session, job.id),
        "link_days": USUAL_DAYS,
        "earlier": _earlier(reports),
        "changes": read_changes(session, job) if job.state is JobState.DONE else None,
        "requested": REQUESTED_REPORTS,
        "coverings": list(Anonymise),
        "covered": Anonymise(job.options.get("anonymise", Anonymise.NONE.value)),
    }


def _newest(reports: Sequence[Report]) -> list[Report]:
    """The newest writing of each format, written or not, in the order of the formats."""
    newest = {report.format: report for report in sorted(reports, key=lambda report: report.number)}
    return [newest[fmt] for fmt in ReportFormat if fmt in newest]


def _earlier(reports: Sequence[Report]) -> list[tuple[int, list[Report]]]:
    """Earlier writings that can be downloaded, by number, the newest first."""
    newest = {report.id for report in _newest(reports)}
    earlier: defaultdict[int, list[Report]] = defaultdict(list)
    for report in reports:
        if report.id not in newest and report.state is ReportState.READY:
            earlier[report.number].append(report)
    return sorted(earlier.items(), reverse=True)


def _strip(session: Session, job: Job, labels: ShownLabels) -> list[ResultPhoto]:
    """The first photos that could be read, among the first rows of the job."""
    first = read_results(session, job, ResultsFilter(labels=labels), limit=3 * _STRIP).photos
    return [result for result in first if result.photo][:_STRIP]


declare_panels(
    PREDICT,
    JobPanels(
        icon="face",
        about=_about,
        panels=("jobs/_faces.html", "audit/_shares.html", "jobs/_strip.html", "jobs/_errors.html"),
        side_panels=("review/_job_panel.html", "jobs/_reports.html", "jobs/_links.html"),
        details=_details,
    ),
)
