"""A duplicate job's progress: a step for each photo hashed, and one for each way in which one is compared."""

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from core.jobs.events import add_event
from models import DuplicateGroup, EventLevel, Job, Photo

#: Groups that are counted for a page and a line of the log, which must not count a million.
_COUNTED = 100_000


def begin_steps(session: Session, job_id: int, *, to_embed: int) -> None:
    """Every photo that is to be hashed is listed by now; so many are to be compared by embeddings too."""
    waiting = select(func.count()).select_from(Photo).where(Photo.compared_at.is_(None))
    steps = Job.photos_found + session.scalars(waiting).one() + to_embed
    session.execute(update(Job).where(Job.id == job_id).values(steps_found=steps))


def count_steps(session: Session, job_id: int, steps: int) -> None:
    """So many more are done; what a retry does again is not counted beyond the whole."""
    done = Job.steps_done + steps
    capped = case((done < Job.steps_found, done), else_=Job.steps_found)
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=capped))


def end_steps(session: Session, job_id: int, *, compared: int) -> None:
    """All is done, also where photos could not be hashed and so were not compared; the log says what came."""
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=Job.steps_found))
    groups = count_groups(session, job_id)
    add_event(
        session,
        job_id,
        EventLevel.INFO,
        "duplicates_found",
        f"Compared {compared:,} new photos: {groups:,} new duplicate groups.",
    )


def count_groups(session: Session, job_id: int) -> int:
    """Groups that the job found and that still are there."""
    found = select(DuplicateGroup.id).where(DuplicateGroup.job_id == job_id).limit(_COUNTED).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()
