"""Read jobs, their log and their failed photos."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from models import Job, JobEvent, JobPhoto, JobPhotoState


def get_job(session: Session, job_id: int) -> Job:
    """The job; InputError job_not_found."""
    job = session.get(Job, job_id)
    if job is None:
        raise InputError("job_not_found", f"There is no job {job_id}.")
    return job


def list_jobs(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[Job]:
    """Jobs, newest first; `before_id` gives the next page."""
    query = select(Job).order_by(Job.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Job.id < before_id)
    return list(session.scalars(query))


def list_events(session: Session, job_id: int, *, limit: int = 100) -> list[JobEvent]:
    """Lines of the job's log, newest first."""
    query = select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id.desc()).limit(limit)
    return list(session.scalars(query))


def list_failures(session: Session, job: Job, *, limit: int = 20) -> list[JobPhoto]:
    """The job's first photos that could not be read."""
    if not job.photos_failed:
        return []
    failed = select(JobPhoto).where(JobPhoto.job_id == job.id, JobPhoto.state == JobPhotoState.FAILED)
    return list(session.scalars(failed.order_by(JobPhoto.position).limit(limit)))
