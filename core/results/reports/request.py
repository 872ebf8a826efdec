"""Request a report file of a job that is done."""

from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.queries import get_job_locked
from core.jobs.store import add_event
from core.predict.report_stage import REPORT_STAGE, add_reports
from models import EventLevel, JobState, Report, ReportFormat


def request_report(session: Session, job_id: int, fmt: ReportFormat) -> Report:
    """Request one report file, also again; the job runs until it is written.

    Raises InputError job_not_found, job_deleted, or job_state while the job is not done.
    """
    job = get_job_locked(session, job_id)
    if job.state is not JobState.DONE:
        raise InputError("job_state", "A report can be requested once the job is done.")
    # `finished_at` stays, since the report must not change the job's duration.
    job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
    (report,) = add_reports(session, job, (fmt,))
    add_event(session, job_id, EventLevel.INFO, "report_requested", f"Requested {fmt.value}.")
    return report
