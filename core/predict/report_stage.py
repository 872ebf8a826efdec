"""The stage that writes report files: the standard ones after prediction, others on request."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import MaskloopError
from core.jobs.kinds import BatchPayload, Stage, StageHooks
from core.jobs.stages import next_sequence
from core.library.pictures.anonymise import Anonymise
from core.settings import Settings
from core.storage.named_files import NamedFiles
from models import Batch, BatchState, Job, Report, ReportFormat, ReportState

#: Written on request.
REQUESTED_REPORTS = (ReportFormat.ANNOTATED_ZIP, ReportFormat.EVIDENCE)
#: Written at the end of every predict job.
STANDARD_REPORTS = tuple(fmt for fmt in ReportFormat if fmt not in (*REQUESTED_REPORTS, ReportFormat.EXPORT))
#: Files that show photos, which retention deletes with them.
REPORTS_WITH_PICTURES = (
    *(ReportFormat.HTML, ReportFormat.ANNOTATED_ZIP, ReportFormat.EVIDENCE),
    ReportFormat.EXPORT,
)


class ReportPayload(BatchPayload):
    """Which reports the batch writes, in one pass over the job's rows."""

    report_ids: tuple[int, ...] = Field(description="`Report.id` of each.")

    @model_validator(mode="before")
    @classmethod
    def _one_report(cls, stored: Any) -> Any:
        """Earlier versions stored one `report_id` a batch."""
        if isinstance(stored, dict) and "report_id" in stored:
            stored = dict(stored)
            stored["report_ids"] = (stored.pop("report_id"),)
        return stored


def report_files(settings: Settings) -> NamedFiles:
    """The files of all reports and exports; a name begins with the number of the job."""
    return NamedFiles(settings=settings, part="reports")


def report_place(report: Report) -> str:
    """The path of a writing below the folder of reports: files keep their names."""
    folder = str(report.job_id) if report.number == 1 else f"{report.job_id}/{report.number}"
    return f"{folder}/{report.format.value}"


def report_folder(settings: Settings, job_id: int) -> Path:
    """The folder in which the job's report files are written."""
    return report_files(settings).folder / str(job_id)


def remove_reports(settings: Settings, job_id: int) -> None:
    """Delete the report files of a job."""
    report_files(settings).delete_folder(str(job_id))


def begin_reports(session: Session, job: Job) -> None:
    """Request the standard reports."""
    add_reports(session, job, STANDARD_REPORTS)


def add_reports(
    session: Session,
    job: Job,
    formats: Sequence[ReportFormat],
    *,
    names_people: bool = False,
    anonymise: Anonymise | None = None,
    number: int | None = None,
) -> list[Report]:
    """Request report files, also again: write their rows, and one batch that writes them all.

    They get the next number of these formats, or `number`; what was requested before and never written goes.
    `names_people`: with the names of those who decided. `anonymise` None: as the job's options say.
    """
    unwritten = Report.job_id == job.id, Report.format.in_(formats), Report.state != ReportState.READY
    session.execute(delete(Report).where(*unwritten))
    now, number = read_clock(session), number or next_number(session, job.id, formats)
    reports = [
        Report(
            job_id=job.id,
            format=fmt,
            number=number,
            names_people=names_people,
            anonymise=anonymise or job.options.get("anonymise", Anonymise.NONE.value),
            state=ReportState.WAITING,
            created_at=now,
        )
        for fmt in formats
    ]
    session.add_all(reports)
    session.flush()
    payload = ReportPayload(
        report_ids=tuple(report.id for report in reports),
        added_later=not set(formats) & set(STANDARD_REPORTS),
    )
    session.add(
        Batch(
            job_id=job.id,
            kind=REPORT_STAGE.name,
            sequence=next_sequence(session, job.id, REPORT_STAGE.name),
            payload=payload.to_json(),
            state=BatchState.WAITING,
            not_before=now,
        )
    )
    job.batches_open += 1
    session.flush()
    return reports


def next_number(session: Session, job_id: int, formats: Sequence[ReportFormat]) -> int:
    """The number of the next writing of these formats."""
    written = Report.job_id == job_id, Report.format.in_(formats)
    return (session.scalars(select(func.max(Report.number)).where(*written)).one() or 0) + 1


def is_writing_reports(session: Session, job_id: int) -> bool:
    """Whether a worker writes reports of the job just now: it may have read what is about to be deleted."""
    leased = select(Batch.id).where(
        Batch.job_id == job_id, Batch.kind == REPORT_STAGE.name, Batch.state == BatchState.LEASED
    )
    return session.scalars(leased.limit(1)).one_or_none() is not None


def covered_as_newest(reports: Sequence[Report]) -> Anonymise | None:
    """What the newest of these page reports covers, so that one written in its place shows no more."""
    pages = [report for report in reports if report.format is ReportFormat.HTML]
    return Anonymise(max(pages, key=lambda page: page.number).anonymise) if pages else None


def _drop_unfinished(session: Session, job: Job) -> None:
    """Delete unfinished reports that were requested later, so that the page offers them again."""
    session.execute(
        delete(Report).where(
            Report.job_id == job.id,
            Report.format.not_in(STANDARD_REPORTS),
            Report.state != ReportState.READY,
        )
    )


def _void_reports(session: Session, job: Job) -> None:
    """Cancel what is not written yet, since the stage runs again after the retry; earlier writings stay."""
    session.execute(
        update(Batch)
        .where(Batch.job_id == job.id, Batch.kind == REPORT_STAGE.name, Batch.state != BatchState.DONE)
        .values(state=BatchState.CANCELLED, token=None)
    )
    unwritten = Report.job_id == job.id, Report.state != ReportState.READY
    session.execute(update(Report).where(*unwritten).values(state=ReportState.WAITING))


def _purge_reports(_session: Session, settings: Settings, job: Job) -> int:
    remove_reports(settings, job.id)
    return 0


def _fail_report(session: Session, batch: Batch, error: MaskloopError) -> None:
    session.execute(
        update(Report)
        .where(Report.id.in_(REPORT_STAGE.payload_of(batch).report_ids))
        .values(state=ReportState.FAILED, error_message=error.message)
    )


REPORT_STAGE = Stage(
    name="report",
    activity="Writing reports",
    payload=ReportPayload,
    repeats=True,
    hooks=StageHooks(
        begin=begin_reports,
        drop_unfinished=_drop_unfinished,
        on_retry=_void_reports,
        on_quarantine=_fail_report,
        on_purge=_purge_reports,
    ),
)
