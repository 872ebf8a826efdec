"""Delete a job that has ended: hide it at once, then purge its rows and files slice by slice.

The job's own row stays. Photos, decisions, duplicate groups, schedules and removals name the job that they
came from, and a training counts decisions since the last one, so their history stays whole.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError, TransientError
from core.jobs.kinds import get_kind
from core.jobs.queries import get_job_locked
from core.jobs.stages import UNFINISHED
from core.jobs.store import add_event
from core.settings import Settings
from models import Base, EventLevel, Job, JobEvent

log = structlog.get_logger()

#: Rows deleted in one transaction.
_SLICE = 5_000
DELETED_EVENT = "job_deleted"


def delete_job(session: Session, job_id: int, *, by: str) -> Job:
    """Hide a job that has ended; `purge_slice` deletes the rest. `by` is the name of the person.

    Raises InputError job_not_found, job_deleted, job_state while the job is unfinished, or job_in_use while
    another one reads its list of photos.
    """
    job = get_job_locked(session, job_id)
    if job.state in UNFINISHED:
        raise InputError("job_state", f"A job that is {job.state.value} cannot be deleted. Cancel it first.")
    reader = _find_reader(session, job_id)
    if reader is not None:
        raise InputError(
            "job_in_use",
            f"Job {reader.id}, “{reader.title}”, reads the list of photos of this job. Delete it when that "
            "one has ended.",
        )
    job.deleted_at = read_clock(session)
    add_event(session, job_id, EventLevel.INFO, DELETED_EVENT, f"Deleted by {by}.")
    return job


def purge_slice(session: Session, settings: Settings) -> bool:
    """Delete a slice of the rows and files of a deleted job; False if there is nothing to delete now.

    It begins one lease after the deletion: by then no worker writes a file for a batch of the job. The job's
    row is locked, so that of several ticks each purges another job; a killed one has lost its slice only.
    A job of which something cannot be deleted is logged and tried again later; the others are purged. Raises
    TransientError storage_unavailable.
    """
    since = read_clock(session) - timedelta(seconds=settings.lease_seconds)
    after_id = 0
    while (job_id := _lock_next(session, since, after_id)) is not None:
        try:
            with session.begin_nested():
                _purge_part(session, settings, session.get_one(Job, job_id))
        # Of the database, or of an object store that is away: the next job would wait for it too.
        except (OperationalError, TransientError):
            raise
        except Exception:
            log.exception("job_not_purged", job=job_id)
            after_id = job_id
        else:
            return True
    return False


def _lock_next(session: Session, since: datetime, after_id: int) -> int | None:
    """The next job that was deleted before `since`, by id."""
    return session.scalars(
        select(Job.id)
        .where(Job.deleted_at <= since, Job.purged_at.is_(None), Job.id > after_id)
        .order_by(Job.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    ).one_or_none()


def _purge_part(session: Session, settings: Settings, job: Job) -> None:
    # Stages first: the job's rows name stored files that only this job needs.
    if not (_purge_stages(session, settings, job) or _purge_rows(session, job)):
        job.purged_at = read_clock(session)


def _find_reader(session: Session, job_id: int) -> Job | None:
    """An unfinished job that reads the list of photos of this one."""
    for job in session.scalars(select(Job).where(Job.state.in_(UNFINISHED), Job.id != job_id)):
        kind = get_kind(job.kind)
        if kind.reads_job(kind.options_of(job)) == job_id:
            return job
    return None


def _purge_stages(session: Session, settings: Settings, job: Job) -> int:
    """Delete what the stages left outside the job's rows; how much that was."""
    return sum(stage.hooks.on_purge(session, settings, job) for stage in get_kind(job.kind).stages)


def _purge_rows(session: Session, job: Job) -> int:
    """Delete rows of the first table that has any; their number, 0 if no table has."""
    for table, of_job in _tables(job):
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(of_job).limit(_SLICE)
        deleted: int = session.execute(delete(table).where(key.in_(some))).rowcount  # type: ignore[attr-defined]
        if deleted:
            return deleted
    return 0


def _tables(job: Job) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables whose rows belong to a job, those that refer to others first, each with its condition."""
    for table in reversed(Base.metadata.sorted_tables):
        keys = [key for key in table.foreign_keys if key.column is Job.__table__.c.id]
        for key in keys:
            if key.ondelete == "CASCADE":
                yield table, _of_job(table, key.parent == job.id, job)


def _of_job(table: Table, of_job: ColumnElement[bool], job: Job) -> ColumnElement[bool]:
    if table is not JobEvent.__table__:
        return of_job
    kept = {DELETED_EVENT, *get_kind(job.kind).kept_events}
    return of_job & table.c.event.not_in(kept)
