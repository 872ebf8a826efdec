"""Where an export lies, and its row among the report files of its job."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.store import add_event
from core.number_text import plural
from core.predict.report_stage import report_files, report_folder
from core.results.reports.store import announce_reports
from core.settings import Settings
from models import Batch, BatchState, EventLevel, Job, Report, ReportFormat, ReportState

#: `JobKind.name`, and `Stage.name` of its stage.
EXPORT_STAGE_NAME = "export"


def export_name(job_id: int) -> str:
    """The name of the finished zip among the files of reports."""
    return f"{job_id}/{ReportFormat.EXPORT.value}"


def export_path(settings: Settings, job_id: int) -> Path:
    """Where the finished zip is written."""
    return report_files(settings).folder / export_name(job_id)


def work_folder(settings: Settings, job_id: int) -> Path:
    """Where the zip is written, in a folder for each worker; it goes with the job's reports."""
    return report_folder(settings, job_id) / ".export"


def void_exports(session: Session, settings: Settings) -> None:
    """Delete every finished export, and begin the others anew: photos were deleted that they may hold.

    A worker that writes one now finds its lease lost. The files go first, so that a kill leaves rows at most.
    """
    # Also of jobs that were cancelled or failed, which keep what they have for going on.
    for job_id in session.scalars(select(Job.id).where(Job.kind == EXPORT_STAGE_NAME)).all():
        report_files(settings).delete(export_name(job_id))
        shutil.rmtree(work_folder(settings, job_id), ignore_errors=True)
    session.execute(delete(Report).where(Report.format == ReportFormat.EXPORT))
    unfinished = Batch.kind == EXPORT_STAGE_NAME, Batch.state.in_((BatchState.WAITING, BatchState.LEASED))
    waiting: dict[str, Any] = {"state": BatchState.WAITING, "token": None, "lease_until": None, "payload": {}}
    session.execute(update(Batch).where(*unfinished).values(**waiting))


def expire_exports(session: Session, settings: Settings) -> list[int]:
    """Delete the zips that are older than the setting allows; the jobs that had them, whose logs say so.

    The files go first, so that a kill leaves rows at most.
    """
    if not settings.export_days:
        return []
    before = read_clock(session) - timedelta(days=settings.export_days)
    old = select(Report).where(Report.format == ReportFormat.EXPORT, Report.finished_at < before)
    expired = []
    for report in session.scalars(old.order_by(Report.id)).all():
        report_files(settings).delete(export_name(report.job_id))
        days = plural(settings.export_days, "day")
        line = (
            f"The zip was deleted {days} after it was written, with its links. Run the job again for another."
        )
        add_event(session, report.job_id, EventLevel.INFO, "export_expired", line)
        expired.append(report.job_id)
        session.delete(report)
    return expired


def ends_at(settings: Settings, report: Report) -> datetime | None:
    """When the zip is deleted; None if it is kept."""
    if not settings.export_days or report.finished_at is None:
        return None
    return report.finished_at + timedelta(days=settings.export_days)


def add_export(
    session: Session, job_id: int, *, bytes: int, sha256: str, photos: int, at: datetime
) -> Report:
    """Write the row of a finished zip, and tell webhooks."""
    report = Report(
        job_id=job_id,
        format=ReportFormat.EXPORT,
        number=1,
        state=ReportState.READY,
        path=export_name(job_id),
        bytes=bytes,
        sha256=sha256,
        rows=photos,
        created_at=at,
        finished_at=at,
        read_at=at,
    )
    session.add(report)
    session.flush()
    announce_reports(session, job_id, [report.id])
    return report
