"""The photos whose time is over, and what a retention job would delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.database import read_clock
from core.retention.job_kind import KeptBy, RetentionOptions
from models import DatasetFace, Face, Job, JobPhoto, Photo, Schedule, ScheduleRun, Source


@dataclass(frozen=True, kw_only=True)
class RetentionPlan:
    """What would happen now, in numbers of photos."""

    options: RetentionOptions
    #: Photos whose pictures would be deleted, and the bytes of those that the photo store has.
    due: int
    bytes: int
    #: Those of `due` whose file lies in somebody's folder: it stays there, and Maskloop shows it no more.
    in_folders: int
    #: Photos that stay because a newer job has them, or a dataset.
    kept_newer: int
    kept_dataset: int
    #: Photos whose pictures were deleted before.
    erased: int


def plan_retention(session: Session, options: RetentionOptions) -> RetentionPlan:
    """Count what a job with these options would delete now, without changing anything."""
    cutoff = cutoff_of(session, options)
    named = _named(options, cutoff)
    due = select_due(options, cutoff)
    photos, size, in_folders = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Photo.bytes).filter(Photo.stored), 0),
            func.count().filter(~Photo.stored),
        ).where(Photo.id.in_(due))
    ).one()
    old = select(func.count()).select_from(Photo).where(Photo.id.in_(named))
    not_erased = old.where(Photo.erased_at.is_(None))
    newer = session.scalars(not_erased.where(_has_newer_job(cutoff))).one()
    in_dataset = session.scalars(not_erased.where(~_has_newer_job(cutoff), _in_dataset())).one()
    return RetentionPlan(
        options=options,
        due=photos,
        bytes=int(size),
        in_folders=in_folders,
        kept_newer=newer,
        kept_dataset=0 if options.datasets else in_dataset,
        erased=session.scalars(old.where(Photo.erased_at.is_not(None))).one(),
    )


def cutoff_of(session: Session, options: RetentionOptions) -> datetime:
    """Photos of before this time are due."""
    return read_clock(session) - timedelta(days=options.days)


def select_due(options: RetentionOptions, cutoff: datetime) -> Select[int]:
    """Ids of the photos that are due, in no order."""
    due = select(Photo.id).where(
        Photo.id.in_(_named(options, cutoff)), Photo.erased_at.is_(None), ~_has_newer_job(cutoff)
    )
    return due if options.datasets else due.where(~_in_dataset())


def count_due(session: Session, options: RetentionOptions, cutoff: datetime) -> int:
    """How many photos are due."""
    return session.scalars(select(func.count()).select_from(select_due(options, cutoff).subquery())).one()


def read_due(
    session: Session, options: RetentionOptions, cutoff: datetime, *, after: int, limit: int
) -> Sequence[Photo]:
    """Some photos that are due, by id, the first one after `after`.

    It checks one photo after the other, so that all slices together cost one pass over the library: a list of
    all that is due would be made again for each slice.
    """
    named = _named(options, cutoff)
    of_photo = named.where(named.selected_columns[0] == Photo.id).correlate(Photo).exists()
    query = select(Photo).where(
        Photo.id > after, Photo.erased_at.is_(None), of_photo, ~_has_newer_job(cutoff)
    )
    query = query if options.datasets else query.where(~_in_dataset())
    return session.scalars(query.order_by(Photo.id).limit(limit)).all()


def read_jobs_of(session: Session, photo_ids: Sequence[int]) -> set[int]:
    """Numbers of the jobs that have one of these photos."""
    return set(session.scalars(select(JobPhoto.job_id).distinct().where(JobPhoto.photo_id.in_(photo_ids))))


def read_ended_jobs(session: Session, options: RetentionOptions, cutoff: datetime) -> set[int]:
    """Numbers of the jobs that the options name and that are old enough; none for a host."""
    if options.by is KeptBy.HOST:
        return set()
    ended = select(Job.id).where(
        Job.finished_at <= cutoff, Job.deleted_at.is_(None), _is_named(options, Job.id)
    )
    return set(session.scalars(ended))


def read_datasets_of(session: Session, photo_ids: Sequence[int]) -> set[int]:
    """Numbers of the datasets that have a face of these photos."""
    of_photos = DatasetFace.face_id.in_(select(Face.id).where(Face.photo_id.in_(photo_ids)))
    return set(session.scalars(select(DatasetFace.dataset_id).distinct().where(of_photos)))


def series_title(session: Session, schedule_id: int) -> str | None:
    """The title of the schedule; None if there is none."""
    return session.scalars(select(Schedule.title).where(Schedule.id == schedule_id)).one_or_none()


def _named(options: RetentionOptions, cutoff: datetime) -> Select[int] | Select[int | None]:
    """Ids of the photos that the options name and that are old enough."""
    if options.by is KeptBy.HOST:
        of_host = or_(Source.host == options.value, Source.page_host == options.value)
        return select(Source.photo_id).where(of_host, Source.created_at <= cutoff)
    ended = (
        select(JobPhoto.photo_id)
        .join(Job, Job.id == JobPhoto.job_id)
        .where(Job.finished_at <= cutoff, JobPhoto.photo_id.is_not(None))
    )
    return ended.where(_is_named(options, JobPhoto.job_id))


def _is_named(options: RetentionOptions, job_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the options name this job."""
    number = int(options.value)
    if options.by is KeptBy.JOB:
        return job_id == number
    return job_id.in_(select(ScheduleRun.job_id).where(ScheduleRun.schedule_id == number))


def _has_newer_job(cutoff: datetime) -> ColumnElement[bool]:
    """Whether a job that has not ended, or ended after the cutoff, has the photo."""
    row, job = aliased(JobPhoto), aliased(Job)
    return exists().where(
        row.photo_id == Photo.id,
        job.id == row.job_id,
        job.deleted_at.is_(None),
        or_(job.finished_at.is_(None), job.finished_at > cutoff),
    )


def _in_dataset() -> ColumnElement[bool]:
    return exists().where(Face.photo_id == Photo.id, DatasetFace.face_id == Face.id)
