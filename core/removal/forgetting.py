"""Photos that a removal spares: only that the target brought them is forgotten."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.removal.target import Target
from models import EventLevel, Job, Source


def forget_sources(session: Session, claim: Claim, target: Target, *, limit: int) -> int:
    """Forget the target's sources of so many photos; how many photos that were, 0 once all is done."""
    lock_held(session, claim)
    named = select(Source.photo_id).where(target.names(Source)).distinct().limit(limit)
    ids = session.scalars(named).all()
    session.execute(delete(Source).where(target.names(Source), Source.photo_id.in_(ids)))
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_done=Job.steps_done + len(ids)))
    return len(ids)


def tell_spared(session: Session, claim: Claim, photos: int) -> None:
    """A line of the log, where any photo was spared."""
    if photos:
        line = f"Photos that stay, since they came in another way too: {photos:,}."
        add_event(session, claim.job_id, EventLevel.INFO, "photos_spared", line)
