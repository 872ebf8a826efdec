"""Reports of jobs that had a removed photo are written again."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.jobs.stages import lock_job
from core.jobs.store import add_event
from core.predict.report_stage import REPORT_STAGE, STANDARD_REPORTS, add_report
from models import EventLevel, JobState, Report


def rewrite_reports(session: Session, job_id: int) -> None:
    """Forget the job's report files, and have those that every job has written again."""
    job = lock_job(session, job_id)
    written = set(session.scalars(select(Report.format).where(Report.job_id == job_id)))
    if not written or job.state is not JobState.DONE:
        return
    session.execute(delete(Report).where(Report.job_id == job_id, Report.format.not_in(STANDARD_REPORTS)))
    job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
    for fmt in STANDARD_REPORTS:
        if fmt in written:
            add_report(session, job, fmt)
    add_event(
        session,
        job_id,
        EventLevel.INFO,
        "report_requested",
        "Reports are written again: photos were removed.",
    )
