"""Request a report file of a job that is done."""

from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.stages import lock_job
from core.jobs.store import add_event
from core.predict.report_stage import REPORT_STAGE, add_report
from models import EventLevel, Job, JobState, Report, ReportFormat


def request_report(session: Session, job_id: int, fmt: ReportFormat) -> Report:
    """Request one report file, also again; the job runs until it is written.

    Raises InputError job_not_found, or job_state while the job is not done.
    """
    if session.get(Job, job_id) is None:
        raise InputError("job_not_found", f"There is no job {job_id}.")
    job = lock_job(session, job_id)
    if job.state is not JobState.DONE:
        raise InputError("job_state", "A report can be requested once the job is done.")
    # `finished_at` stays, since the report must not change the job's duration.
    job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
    report = add_report(session, job, fmt)
    add_event(session, job_id, EventLevel.INFO, "report_requested", f"Requested {fmt.value}.")
    return report
