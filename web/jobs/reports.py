"""Download a job's report files, write them again, and request those that are written on request."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.jobs.queries import get_job
from core.library.pictures.anonymise import Anonymise
from core.predict.report_stage import REQUESTED_REPORTS, STANDARD_REPORTS, report_files
from core.results.reports.queries import get_ready_report, stored_report
from core.results.reports.request import request_evidence, request_reports
from models import Report, ReportFormat
from web.activity.recording import lead_to_file
from web.extension import database, settings
from workers.broker import wake

reports = Blueprint("reports", __name__, url_prefix="/jobs/<int:job_id>/reports")

_TYPES = {
    ReportFormat.FACES_CSV: "text/csv; charset=utf-8",
    ReportFormat.PHOTOS_CSV: "text/csv; charset=utf-8",
    ReportFormat.JSON_LINES: "application/jsonl; charset=utf-8",
    ReportFormat.FACES_PARQUET: "application/vnd.apache.parquet",
    ReportFormat.PHOTOS_PARQUET: "application/vnd.apache.parquet",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.HTML: "text/html; charset=utf-8",
    ReportFormat.ANNOTATED_ZIP: "application/zip",
    ReportFormat.EVIDENCE: "application/zip",
    ReportFormat.EXPORT: "application/zip",
}


@reports.get("/<name>")
def download(job_id: int, name: str) -> ResponseReturnValue:
    """Stream the newest writing of a file."""
    return _send(job_id, name, None)


@reports.get("/<int:number>/<name>")
def download_number(job_id: int, number: int, name: str) -> ResponseReturnValue:
    """Stream one writing of a file."""
    return _send(job_id, name, number)


def _send(job_id: int, name: str, number: int | None) -> ResponseReturnValue:
    with database().read() as rows:
        get_job(rows, job_id)
        report = get_ready_report(rows, job_id, name, number)
    return send_report(report, by_link=True)


def send_report(report: Report, *, by_link: bool = False) -> Response:
    """Stream the file; a broken download can be resumed by range while the ETag is the same.

    `by_link`: lead a browser to a signed link instead, where the object store has them.
    """
    number = f"-{report.number}" if report.number > 1 else ""
    name, media_type = f"job-{report.job_id}{number}-{report.format.value}", _TYPES[report.format]
    files = report_files(settings())
    link = None
    # Who only asks about the file gets no address of it, since that would be no download.
    if by_link and request.method == "GET":
        link = files.link(report.path or "", save_as=name, media_type=media_type)
    if link is not None:
        lead_to_file()
        return Response(status=302, headers={"Location": link, "Cache-Control": "private, no-store"})
    response = send_file(
        stored_report(report, settings()),
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        etag=report.sha256 or True,
        max_age=0,
        conditional=True,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@reports.post("")
def write_again(job_id: int) -> ResponseReturnValue:
    """Write the files that every job has again; earlier writings stay."""
    return _request(job_id, STANDARD_REPORTS)


@reports.post("/<name>")
def make(job_id: int, name: str) -> ResponseReturnValue:
    """Request a report that is not written by itself: the zip of annotated photos, or the evidence pack."""
    wanted = [fmt for fmt in REQUESTED_REPORTS if fmt.value == name]
    if not wanted:
        raise InputError("report_not_found", f"{name} is not written on request.")
    return _request(job_id, wanted)


def _request(job_id: int, formats: Sequence[ReportFormat]) -> ResponseReturnValue:
    try:
        with database().write() as rows:
            names, anonymise = "names" in request.form, _read_anonymise()
            if ReportFormat.EVIDENCE in formats:
                request_evidence(rows, job_id, names_people=names, anonymise=anonymise)
            else:
                request_reports(rows, job_id, formats, names_people=names, anonymise=anonymise)
    except InputError as error:
        if error.code == "job_not_found":
            raise
        flash(error.message, "error")
    else:
        wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id, _anchor="reports"))


def _read_anonymise() -> Anonymise | None:
    """What the form covers of faces, None where it does not say; InputError option_invalid."""
    given = request.form.get("faces")
    if given is not None and given not in set(Anonymise):
        raise InputError("option_invalid", "Faces are covered by “eyes” or “face”, or “none”.")
    return None if given is None else Anonymise(given)
