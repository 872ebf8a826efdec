"""Request report files of a job that is done, also again."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.queries import get_job_locked
from core.jobs.store import add_event
from core.library.pictures.anonymise import Anonymise
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE, REQUESTED_REPORTS, STANDARD_REPORTS, add_reports
from core.results.reports.changes import read_changes
from core.results.reports.queries import read_newest_reports
from models import EventLevel, Job, JobState, Report, ReportFormat, ScheduleRun


def request_report(session: Session, job_id: int, fmt: ReportFormat, *, names_people: bool = False) -> Report:
    """Request one report file, also again; raises the errors of `request_reports`."""
    return request_reports(session, job_id, (fmt,), names_people=names_people)[0]


def request_reports(
    session: Session,
    job_id: int,
    formats: Sequence[ReportFormat] = STANDARD_REPORTS,
    *,
    names_people: bool = False,
    anonymise: Anonymise | None = None,
) -> list[Report]:
    """Request report files, also again; the job runs until they are written. Earlier writings stay.

    `anonymise`: what is covered of faces in their pictures; None: as the job's options say.

    Raises InputError job_not_found, job_deleted, no_reports for a kind of job without reports, job_state
    while the job is not done, or report_not_found for a file that these jobs do not write.
    """
    job = get_job_locked(session, job_id)
    if job.kind != PREDICT.name:
        raise InputError("no_reports", f"Job {job_id} writes no reports.")
    for fmt in formats:
        if fmt not in (*STANDARD_REPORTS, *REQUESTED_REPORTS):
            raise InputError("report_not_found", f"{fmt.value} is not written on request.")
    if job.state is not JobState.DONE:
        raise InputError("job_state", "A report can be requested once the job is done.")
    # `finished_at` stays, since the report must not change the job's duration.
    job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
    reports = add_reports(session, job, formats, names_people=names_people, anonymise=anonymise)
    names = ", ".join(fmt.value for fmt in formats)
    again = f" Number {reports[0].number}." if reports[0].number > 1 else ""
    add_event(session, job_id, EventLevel.INFO, "report_requested", f"Requested {names}.{again}")
    return reports


def request_evidence(
    session: Session, job_id: int, *, names_people: bool = False, anonymise: Anonymise | None = None
) -> list[Report]:
    """Request an evidence pack; the other files are written anew with it where the newest do not serve.

    That is if people said something since, or if these name people or cover faces otherwise than asked for.
    Raises the errors of `request_reports`.
    """
    job = get_job_locked(session, job_id)
    changes = read_changes(session, job)
    is_current = changes is not None and not changes.any
    if is_current and _serve(session, job, names_people=names_people, anonymise=anonymise):
        return request_reports(
            session, job_id, (ReportFormat.EVIDENCE,), names_people=names_people, anonymise=anonymise
        )
    formats = (*STANDARD_REPORTS, ReportFormat.EVIDENCE)
    return request_reports(session, job_id, formats, names_people=names_people, anonymise=anonymise)


def _serve(session: Session, job: Job, *, names_people: bool, anonymise: Anonymise | None) -> bool:
    """Whether the newest files all name people, and cover faces, as asked for."""
    wanted = names_people, anonymise or job.options.get("anonymise", Anonymise.NONE.value)
    newest = read_newest_reports(session, job.id, STANDARD_REPORTS).values()
    return all((report.names_people, report.anonymise) == wanted for report in newest)


def renew_reports(session: Session, schedule_id: int) -> list[int]:
    """Request the reports of a schedule's jobs again of which faces were decided since; returns the jobs."""
    of_schedule = select(ScheduleRun.job_id).where(ScheduleRun.schedule_id == schedule_id)
    done = select(Job).where(
        Job.id.in_(of_schedule),
        Job.kind == PREDICT.name,
        Job.state == JobState.DONE,
        Job.deleted_at.is_(None),
    )
    renewed = []
    for job in session.scalars(done.order_by(Job.id)).all():
        changes = read_changes(session, job)
        if changes is not None and changes.any:
            request_reports(session, job.id)
            renewed.append(job.id)
    return renewed
