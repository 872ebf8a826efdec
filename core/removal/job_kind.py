"""Removal jobs: delete photos with everything derived from them."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.library.selection.model import LibrarySelection
from core.number_text import number, plural
from core.removal.queries import count_deleted, count_targets
from core.removal.target import Target
from models import Job, Takedown, TakedownBy

_LONGEST_REASON = 1000


class RemovePayload(BatchPayload):
    """Jobs and datasets to update after the rows are deleted."""

    jobs: tuple[int, ...] = Field((), description="Jobs whose reports named a removed photo.")
    datasets: tuple[int, ...] = Field((), description="Datasets that had a removed face.")


class RemoveOptions(JobOptions):
    """The fields of `Target`."""

    by: TakedownBy
    value: str
    spares: bool | None = None
    selection: LibrarySelection | None = None


REMOVE_STAGE = Stage(name="remove", activity="Removing photos", payload=RemovePayload)


def request_removal(
    session: Session,
    target: Target,
    *,
    account_id: int | None,
    reason: str = "",
    expected: int | None = None,
) -> Job:
    """Write a removal job and its record.

    `expected` is the number of photos that the dry run said. Raises InputError removal_changed if it is
    another one by now, and nothing_to_remove.
    """
    found = None if expected is None else count_deleted(session, target)
    if found != expected:
        raise InputError(
            "removal_changed",
            f"The removal would delete {plural(found or 0, 'photo')} by now, not {number(expected or 0)}. "
            "Look at its dry run again.",
        )
    photos = count_targets(session, target)
    if not photos:
        raise InputError("nothing_to_remove", "No photo in the library matches.")
    job = add_job(
        session,
        REMOVE,
        RemoveOptions(by=target.by, value=target.value, spares=target.spares, selection=target.selection),
        title=f"Remove {target.words}",
        account_id=account_id,
    )
    job.steps_found = photos
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


REMOVE = JobKind(
    name="remove",
    title="Removal",
    options=RemoveOptions,
    stages=(REMOVE_STAGE,),
    is_helper=True,
    needs_admin=lambda _options: True,
    reads_job=lambda options: options.selection.job if options.selection else None,
).declare()
