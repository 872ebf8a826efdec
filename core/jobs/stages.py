"""What follows what in a job: list and predict, then the reports, then the end."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.events import add_event
from models import (
    Batch,
    BatchKind,
    BatchState,
    EventLevel,
    Job,
    JobState,
    Report,
    ReportFormat,
    ReportState,
)

#: Written at the end of every predict job; the annotated photos are made when asked for.
STANDARD_REPORTS = tuple(fmt for fmt in ReportFormat if fmt is not ReportFormat.ANNOTATED_ZIP)

#: States from which a job goes on by itself.
UNFINISHED = (JobState.WAITING, JobState.RUNNING, JobState.PAUSED)


def go_on(session: Session, job_id: int, *, closed: int) -> None:
    """Count `closed` batches as closed and, when none is open, begin the next stage or end the job.

    The UPDATE locks the job's row, so that of two last batches exactly one sees zero.
    """
    session.flush()
    session.execute(update(Job).where(Job.id == job_id).values(batches_open=Job.batches_open - closed))
    job = lock_job(session, job_id)
    if job.batches_open > 0 or not job.listed or job.state not in UNFINISHED:
        return
    if job.stage is BatchKind.REPORT:
        end_job(session, job, JobState.DONE)
        add_event(session, job_id, EventLevel.INFO, "job_done", _closing_line(job))
    else:
        begin_reports(session, job)


def begin_reports(session: Session, job: Job) -> None:
    """Every photo is through: have the standard reports written."""
    job.stage = BatchKind.REPORT
    for fmt in STANDARD_REPORTS:
        add_report(session, job, fmt)


def lock_job(session: Session, job_id: int) -> Job:
    """The job's row as it stands now, locked until the transaction ends.

    Locks are taken in one order everywhere, batches before their job, so that nobody waits in a circle.
    """
    session.flush()
    return session.scalars(
        select(Job)
        .where(Job.id == job_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def end_job(session: Session, job: Job, state: JobState) -> None:
    """Set an end state and, where it is the first, its time."""
    job.state, job.finished_at = state, job.finished_at or read_clock(session)


def add_report(session: Session, job: Job, fmt: ReportFormat) -> Report:
    """Ask for one report file (again): its row waits and a batch writes it."""
    now = read_clock(session)
    report = session.scalars(
        select(Report).where(Report.job_id == job.id, Report.format == fmt)
    ).one_or_none() or Report(job_id=job.id, format=fmt, created_at=now)
    report.state, report.rows, report.error_message = ReportState.WAITING, 0, None
    session.add(report)
    session.flush()
    session.add(
        Batch(
            job_id=job.id,
            kind=BatchKind.REPORT,
            sequence=_next_sequence(session, job.id),
            # A report that was asked for later may fail or be cancelled alone: the job was done before.
            payload={"report_id": report.id, "extra": fmt not in STANDARD_REPORTS},
            state=BatchState.WAITING,
            not_before=now,
        )
    )
    job.batches_open += 1
    session.flush()
    return report


def _next_sequence(session: Session, job_id: int) -> int:
    last = session.scalars(
        select(Batch.sequence)
        .where(Batch.job_id == job_id, Batch.kind == BatchKind.REPORT)
        .order_by(Batch.sequence.desc())
        .limit(1)
    ).one_or_none()
    return 0 if last is None else last + 1


def _closing_line(job: Job) -> str:
    failed = f", {job.photos_failed} could not be read" if job.photos_failed else ""
    return f"{job.photos_done} photos read{failed}."
