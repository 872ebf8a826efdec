"""Asking for a removal: its record and its job."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.request import add_job
from core.removal.plan import plan_removal
from core.removal.target import Target
from models import Job, JobKind, Takedown

_LONGEST_REASON = 1000


def request_removal(session: Session, target: Target, *, account_id: int | None, reason: str = "") -> Job:
    """Write a removal that workers then do; InputError nothing_to_remove."""
    plan = plan_removal(session, target, shown=0)
    if not (plan.photos or plan.spared):
        raise InputError("nothing_to_remove", "The library has no photo that this names.")
    job = add_job(
        session,
        JobKind.REMOVE,
        {"by": target.by.value, "value": target.value, "spares": target.spares},
        title=f"Remove {target.by.value} {target.value}",
        account_id=account_id,
    )
    job.steps_found = plan.photos + plan.spared
    session.add(
        Takedown(
            job_id=job.id,
            by=target.by,
            target=target.value,
            reason=reason.strip()[:_LONGEST_REASON],
            account_id=account_id,
            created_at=read_clock(session),
        )
    )
    return job


def get_takedown(session: Session, job_id: int) -> Takedown:
    """The record of a removal's job."""
    return session.scalars(select(Takedown).where(Takedown.job_id == job_id)).one()
