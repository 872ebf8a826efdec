"""Write the rows of report files."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import MaskloopError
from core.events.outbox import write_event
from core.jobs.store import add_event
from core.predict.report_stage import report_files, report_place
from core.results.reports.report_file import WrittenReport
from core.settings import Settings
from models import EventLevel, EventType, Report, ReportState


def report_path(settings: Settings, report: Report) -> Path:
    """Where a writing is written."""
    return report_files(settings).folder / report_place(report)


def save_progress(session: Session, report_ids: Sequence[int], rows: int) -> None:
    """Save how many of the job's files the reports hold so far."""
    session.execute(update(Report).where(Report.id.in_(report_ids)).values(rows=rows))


def end_report(
    session: Session, report_id: int, written: WrittenReport, *, published: str, read_at: datetime
) -> None:
    """Mark the report as written, from rows that were read from `read_at` on."""
    report = session.get_one(Report, report_id)
    report.state, report.error_message = ReportState.READY, None
    report.path, report.read_at = published, read_at
    report.bytes, report.sha256, report.rows = written.bytes, written.sha256, written.rows
    report.finished_at = read_clock(session)


def announce_reports(session: Session, job_id: int, report_ids: Collection[int]) -> None:
    """Write one event for webhooks that names the reports of a writing; none where all of them failed."""
    query = select(Report).where(Report.id.in_(report_ids), Report.state == ReportState.READY)
    ready = session.scalars(query.order_by(Report.id)).all()
    if not ready:
        return
    files = [
        {
            "name": report.format.value,
            "number": report.number,
            "bytes": report.bytes,
            "sha256": report.sha256,
            "address": f"/api/v1/jobs/{job_id}/reports/{report.number}/{report.format.value}",
        }
        for report in ready
    ]
    write_event(session, EventType.REPORT_READY, {"job_id": job_id, "files": files})


def fail_report(session: Session, report_id: int, error: MaskloopError) -> None:
    """Mark one report as failed, while the others of its job are kept; the job's log says why."""
    report = session.get_one(Report, report_id)
    report.state, report.error_message = ReportState.FAILED, error.message
    message = f"{report.format.value} could not be written: {error.message}"
    add_event(session, report.job_id, EventLevel.ERROR, error.code, message)
