"""Where an export lies, and its row among the report files of its job."""

import shutil
from collections.abc import Sequence
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


def list_exports(session: Session) -> Sequence[int]:
    """All jobs that write an export, also those that were cancelled or failed: they keep what they have."""
    kept = Job.kind == EXPORT_STAGE_NAME, Job.purged_at.is_(None)
    return session.scalars(select(Job.id).where(*kept).order_by(Job.id)).all()


def void_export(session: Session, settings: Settings, job_id: int) -> None:
    """Delete a finished export, or begin an unfinished one anew: photos were deleted that it may hold.

    A worker that writes it now finds its lease lost. The file goes before the row, so that a kill leaves rows
    at most. One transaction for each job: an object store may take its time.
    """
    batches = Batch.job_id == job_id, Batch.kind == EXPORT_STAGE_NAME
    # Locked first: one that ends just now is waited for, and its row is seen.
    session.scalars(select(Batch.id).where(*batches).with_for_update(key_share=True)).all()
    report_files(settings).delete(export_name(job_id))
    shutil.rmtree(work_folder(settings, job_id), ignore_errors=True)
    session.execute(delete(Report).where(Report.job_id == job_id, Report.format == ReportFormat.EXPORT))
    unfinished = Batch.state.in_((BatchState.WAITING, BatchState.LEASED))
    waiting: dict[str, Any] = {"state": BatchState.WAITING, "token": None, "lease_until": None, "payload": {}}
    session.execute(update(Batch).where(*batches, unfinished).values(**waiting))


def expire_export(session: Session, settings: Settings) -> int | None:
    """Delete one zip that is older than the setting allows; the job that had it, whose log says so.

    The file goes first, so that a kill leaves a row at most.
    """
    if not settings.export_days:
        return None
    before = read_clock(session) - timedelta(days=settings.export_days)
    old = select(Report).where(Report.format == ReportFormat.EXPORT, Report.finished_at < before)
    report = session.scalars(old.order_by(Report.id).limit(1)).one_or_none()
    if report is None:
        return None
    report_files(settings).delete(export_name(report.job_id))
    days = plural(settings.export_days, "day")
    line = f"The zip was deleted {days} after it was written, with its links. Run the job again for another."
    add_event(session, report.job_id, EventLevel.INFO, "export_expired", line)
    session.delete(report)
    return report.job_id


def ends_at(settings: Settings, report: Report) -> datetime | None:
    """When the zip is deleted; None if it is kept."""
    if not settings.export_days or report.finished_at is None:
        return None
    return report.finished_at + timedelta(days=settings.export_days)


def add_export(
    session: Session, job_id: int, *, path: str, bytes: int, sha256: str, photos: int, at: datetime
) -> Report:
    """Write the row of a finished zip, by the name it was published under, and tell webhooks."""
    report = Report(
        job_id=job_id,
        format=ReportFormat.EXPORT,
        number=1,
        state=ReportState.READY,
        path=path,
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
