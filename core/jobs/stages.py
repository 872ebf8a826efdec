"""What follows what in a job of each kind, and how it ends."""

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
    JobKind,
    JobState,
    Report,
    ReportFormat,
    ReportState,
)

#: The stages of each kind of job. A stage of photos or hits has its batches written by the stage before it.
STAGES: dict[JobKind, tuple[BatchKind, ...]] = {
    JobKind.PREDICT: (BatchKind.LIST, BatchKind.PREDICT, BatchKind.REPORT),
    JobKind.IMPORT: (BatchKind.LIST, BatchKind.IMPORT),
    JobKind.TRAIN: (BatchKind.PREPARE, BatchKind.FIT, BatchKind.EVALUATE),
    JobKind.CRAWL: (BatchKind.SEARCH, BatchKind.FETCH),
    JobKind.DEDUP: (BatchKind.HASH, BatchKind.GROUP),
    JobKind.EXTRACT: (BatchKind.EXTRACT,),
    JobKind.FREEZE: (BatchKind.FREEZE,),
    JobKind.EVALUATE: (BatchKind.MEASURE,),
    JobKind.CLASSIFY: (BatchKind.CLASSIFY,),
    JobKind.REMOVE: (BatchKind.REMOVE,),
    JobKind.REVIEW: (BatchKind.RANK, BatchKind.STACK),
    JobKind.AGREEMENT: (BatchKind.AGREE,),
}

#: Stages that find out what there is to do; until they have ended nobody knows the total.
LISTING = frozenset({BatchKind.LIST, BatchKind.SEARCH})

#: Batches that the trainer does, in a process of its own; the workers leave them alone.
TRAINING = frozenset(STAGES[JobKind.TRAIN])
#: All others, which the workers do.
WORKING = frozenset(BatchKind) - TRAINING

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
    begin_next_stage(session, job)


def begin_next_stage(session: Session, job: Job) -> None:
    """Every batch of the job's stage is closed: write the first one of the next stage, or end the job."""
    following = STAGES[job.kind][STAGES[job.kind].index(job.stage) + 1 :]
    if not following:
        end_job(session, job, JobState.DONE)
        add_event(session, job.id, EventLevel.INFO, "job_done", _closing_line(job))
    elif following[0] is BatchKind.REPORT:
        begin_reports(session, job)
    else:
        job.stage = following[0]
        add_batch(session, job)


def add_batch(session: Session, job: Job) -> Batch:
    """Write the first batch of the job's stage; what it works on it finds by itself."""
    batch = Batch(
        job_id=job.id,
        kind=job.stage,
        sequence=_next_sequence(session, job.id, job.stage),
        state=BatchState.WAITING,
        not_before=read_clock(session),
    )
    session.add(batch)
    job.batches_open += 1
    return batch


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
            sequence=_next_sequence(session, job.id, BatchKind.REPORT),
            # A report that was asked for later may fail or be cancelled alone: the job was done before.
            payload={"report_id": report.id, "extra": fmt not in STANDARD_REPORTS},
            state=BatchState.WAITING,
            not_before=now,
        )
    )
    job.batches_open += 1
    session.flush()
    return report


def _next_sequence(session: Session, job_id: int, kind: BatchKind) -> int:
    """A job that is retried may come through a stage a second time."""
    last = session.scalars(
        select(Batch.sequence)
        .where(Batch.job_id == job_id, Batch.kind == kind)
        .order_by(Batch.sequence.desc())
        .limit(1)
    ).one_or_none()
    return 0 if last is None else last + 1


def _closing_line(job: Job) -> str:
    if not job.photos_found:
        return "Done."
    failed = f", {job.photos_failed} could not be read" if job.photos_failed else ""
    return f"{job.photos_done} photos read{failed}."
