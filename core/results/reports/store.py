"""Write the rows of report files."""

from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.predict.report_stage import report_folder
from core.results.reports.write import WrittenReport
from core.settings import Settings
from models import Report, ReportFormat, ReportState


def report_path(settings: Settings, job_id: int, fmt: ReportFormat) -> Path:
    """The path of a job's report file."""
    return report_folder(settings, job_id) / fmt.value


def save_progress(session: Session, report_id: int, rows: int) -> None:
    """Save how many of the job's files the report holds so far."""
    session.execute(update(Report).where(Report.id == report_id).values(rows=rows))


def end_report(session: Session, report_id: int, written: WrittenReport) -> None:
    """Mark the report as written."""
    report = session.get_one(Report, report_id)
    report.state, report.error_message = ReportState.READY, None
    report.path = f"{report.job_id}/{report.format.value}"
    report.bytes, report.sha256, report.rows = written.bytes, written.sha256, written.rows
    report.finished_at = read_clock(session)
