"""Report files of jobs: list, write again, download."""

from flask import Response, url_for

from core.errors import InputError
from core.jobs.queries import get_job
from core.predict.report_stage import STANDARD_REPORTS
from core.results.reports.changes import read_changes
from core.results.reports.queries import get_ready_report, list_reports
from core.results.reports.request import request_evidence, request_reports
from models import Report, ReportFormat, Scope
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.reports import ReportChanges, ReportFile, ReportList, ReportRequest, RequestedReports
from web.api_v1.starting import answer_job
from web.extension import database, settings
from web.jobs.reports import send_report
from workers.broker import wake

_LATEST = "latest"


@api_v1.get("/jobs/<int:job_id>/reports")
@operation(Scope.READ, answer=ReportList, tag="reports", errors=(410,))
def list_job_reports(job_id: int) -> ReportList:
    """All report files of a job, those that were written again too, in order of request."""
    with database().read() as rows:
        changes = read_changes(rows, get_job(rows, job_id))
        return ReportList(
            reports=[_answer(report) for report in list_reports(rows, job_id)],
            changes=None if changes is None else ReportChanges.of(changes),
        )


@api_v1.post("/jobs/<int:job_id>/reports")
@operation(Scope.SUBMIT, answer=RequestedReports, status=202, tag="reports", errors=(409, 410))
def write_reports(job_id: int, json: ReportRequest) -> Answered:
    """Write report files of a job that is done, again or for the first time; earlier writings stay.

    `evidence.zip` alone writes the other files anew where the newest do not serve.
    """
    formats = tuple(dict.fromkeys(json.files)) if json.files else STANDARD_REPORTS
    with database().write() as rows:
        if formats == (ReportFormat.EVIDENCE,):
            found = request_evidence(rows, job_id, names_people=json.names, anonymise=json.faces)
        else:
            found = request_reports(rows, job_id, formats, names_people=json.names, anonymise=json.faces)
        job = answer_job(rows, get_job(rows, job_id))
    wake(settings())
    answer = RequestedReports(job=job, reports=[_answer(report) for report in found])
    return answer, 202, {"Location": url_for("api_v1.read_job", job_id=job_id)}


@api_v1.get("/jobs/<int:job_id>/reports/<number>/<name>")
@operation(Scope.READ, tag="reports", media="application/octet-stream", errors=(410,))
def download_report(job_id: int, number: str, name: str) -> Response:
    """A report file by its number, or the `latest` that is ready; its ETag is its hash; in ranges too."""
    if number != _LATEST and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InputError("report_not_found", "The number of a report is 1, 2, 3 … or latest.")
    with database().read() as rows:
        get_job(rows, job_id)
        report = get_ready_report(rows, job_id, name, None if number == _LATEST else int(number))
    return send_report(report)


def _answer(report: Report) -> ReportFile:
    number, name = str(report.number), report.format.value
    return ReportFile.of(
        report, url_for("api_v1.download_report", job_id=report.job_id, number=number, name=name)
    )
