"""A duplicate job's progress: a step for each photo hashed, and one for each photo compared."""

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from core.dedup.store_library import count_new
from core.jobs.events import add_event
from models import DuplicateGroup, EventLevel, Job


def begin_steps(session: Session, job_id: int) -> None:
    """Every photo that is to be hashed is listed by now."""
    steps = Job.photos_found + count_new(session)
    session.execute(update(Job).where(Job.id == job_id).values(steps_found=steps))


def count_steps(session: Session, job_id: int, steps: int) -> None:
    """So many more are done; what a retry does again is not counted beyond the whole."""
    done = Job.steps_done + steps
    capped = case((done < Job.steps_found, done), else_=Job.steps_found)
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=capped))


def end_steps(session: Session, job_id: int, *, compared: int) -> None:
    """All is done, also where photos could not be hashed and so were not compared; the log says what came."""
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=Job.steps_found))
    found = select(func.count()).select_from(DuplicateGroup).where(DuplicateGroup.job_id == job_id)
    groups = session.scalars(found).one()
    add_event(
        session,
        job_id,
        EventLevel.INFO,
        "duplicates_found",
        f"Compared {compared:,} new photos: {groups:,} new duplicate groups.",
    )
