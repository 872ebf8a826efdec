"""Read jobs, their log and their failed photos."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import list_kinds
from core.jobs.stages import UNFINISHED, lock_job
from models import Job, JobEvent, JobPhoto, JobPhotoState, JobState


class JobSort(StrEnum):
    """Order of a list of jobs."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    #: Those with the most photos first.
    PHOTOS = "photos"


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows, and in which order; the defaults are all jobs that serve no other work."""

    kind: str | None = None
    state: JobState | None = None
    account_id: int | None = None
    #: Part of the title in any case, or the number of a job.
    words: str = ""
    #: Also jobs of helper kinds that did not fail. A kind or words find them in any case.
    helpers: bool = False
    #: Only jobs that have photos.
    with_photos: bool = False
    sort: JobSort = JobSort.NEWEST

    @property
    def folds_helpers(self) -> bool:
        """Whether jobs of helper kinds are left out, unless they failed."""
        return not (self.helpers or self.kind or self.words)


#: Every job, newest first.
ALL_JOBS = JobFilter(helpers=True)
#: Every job that has photos, newest first.
WITH_PHOTOS = JobFilter(helpers=True, with_photos=True)


def get_job(session: Session, job_id: int) -> Job:
    """The job; InputError job_not_found or job_deleted."""
    job = session.get(Job, job_id)
    if job is None:
        raise InputError("job_not_found", f"There is no job {job_id}.")
    if job.deleted_at is not None:
        raise InputError("job_deleted", _deleted_sentence(job, job.deleted_at))
    return job


def get_job_locked(session: Session, job_id: int) -> Job:
    """The job, locked until the transaction ends; InputError job_not_found or job_deleted."""
    get_job(session, job_id)
    lock_job(session, job_id)
    return get_job(session, job_id)


def list_jobs(
    session: Session, chosen: JobFilter = ALL_JOBS, *, after_id: int | None = None, limit: int = 30
) -> list[Job]:
    """Jobs that match; `after_id`, the last job of a page, gives the next page."""
    query = select(Job).where(Job.deleted_at.is_(None), *_conditions(chosen))
    if after_id is not None:
        query = query.where(_is_beyond(chosen.sort, after_id))
    return list(session.scalars(query.order_by(*_order(chosen.sort)).limit(limit)))


def count_open_helpers(session: Session) -> int:
    """Unfinished jobs of helper kinds."""
    query = select(func.count()).where(Job.state.in_(UNFINISHED), Job.kind.in_(_helper_kinds()))
    return session.scalars(query.select_from(Job)).one()


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


def _order(sort: JobSort) -> list[ColumnElement[Any]]:
    """Jobs with the same title or the same number of photos are listed newest first."""
    match sort:
        case JobSort.NEWEST:
            return [Job.id.desc()]
        case JobSort.OLDEST:
            return [Job.id.asc()]
        case JobSort.TITLE:
            return [_TITLE.asc(), Job.id.desc()]
        case JobSort.PHOTOS:
            return [Job.photos_found.desc(), Job.id.desc()]
        case _:
            assert_never(sort)


def _is_beyond(sort: JobSort, after_id: int) -> ColumnElement[bool]:
    """Whether a job comes after this one in the order."""
    older = Job.id < after_id
    match sort:
        case JobSort.NEWEST:
            return older
        case JobSort.OLDEST:
            return Job.id > after_id
        case JobSort.TITLE:
            title = select(_TITLE).where(Job.id == after_id).scalar_subquery()
            return or_(title < _TITLE, and_(title == _TITLE, older))
        case JobSort.PHOTOS:
            photos = select(Job.photos_found).where(Job.id == after_id).scalar_subquery()
            return or_(Job.photos_found < photos, and_(Job.photos_found == photos, older))
        case _:
            assert_never(sort)


_TITLE = func.lower(Job.title)
#: Numbers of jobs have fewer digits.
_DIGITS = 19


def _conditions(chosen: JobFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.kind:
        found.append(Job.kind == chosen.kind)
    if chosen.state:
        found.append(Job.state == chosen.state)
    if chosen.account_id is not None:
        found.append(Job.account_id == chosen.account_id)
    if chosen.words:
        found.append(_is_named(chosen.words))
    if chosen.with_photos:
        found.append(Job.photos_found > 0)
    if chosen.folds_helpers:
        found.append(or_(Job.kind.not_in(_helper_kinds()), Job.state == JobState.FAILED))
    return found


def _is_named(words: str) -> ColumnElement[bool]:
    """Whether the title contains the words, or they are the job's number."""
    in_title = Job.title.icontains(words, autoescape=True)
    number = words.removeprefix("#")
    is_number = number.isascii() and number.isdigit() and len(number) < _DIGITS
    return or_(in_title, Job.id == int(number)) if is_number else in_title


def _helper_kinds() -> list[str]:
    return [kind.name for kind in list_kinds() if kind.is_helper]


def _deleted_sentence(job: Job, at: datetime) -> str:
    return f"Job {job.id}, “{job.title}”, was deleted on {at:%-d %B %Y}. What it added to the library stays."
