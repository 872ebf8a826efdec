"""What must hold after a run, and what does not."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.chaos.counters import find_miscounted
from benchmarks.chaos.results import Expected, find_doubled, find_lost
from core.settings import Settings
from models import Batch, Job, JobPhoto, JobState


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is wrong after a run, one line each; nothing, if all is well."""

    #: Photos that the jobs were given, and those that came out as done.
    photos: int
    done: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    miscounted: tuple[str, ...]
    #: Jobs and deletions that did not come to their end by themselves.
    unfinished: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it."""
        return (*self.lost, *self.doubled, *self.miscounted, *self.unfinished)


def find_wrong(session: Session, settings: Settings, expected: Expected) -> Findings:
    """Look at a database whose jobs have ended or have had their time."""
    done = select(func.count()).where(
        JobPhoto.job_id.in_(expected.names), JobPhoto.state != "waiting", JobPhoto.photo_id.is_not(None)
    )
    removed = select(func.count()).where(
        JobPhoto.job_id.in_(expected.names), JobPhoto.error_code == "photo_removed"
    )
    return Findings(
        photos=expected.photos,
        done=session.scalars(done).one() + session.scalars(removed).one(),
        lost=tuple(find_lost(session, settings, expected)),
        doubled=tuple(find_doubled(session, settings, expected)),
        miscounted=tuple(find_miscounted(session)),
        unfinished=tuple(_unfinished(session)),
    )


def _unfinished(session: Session) -> list[str]:
    lines = []
    for job in session.scalars(select(Job).order_by(Job.id)):
        if job.state is not JobState.DONE:
            lines.append(
                f"job {job.id} ({job.kind}) is {job.state.value} at {job.stage}: {job.error_message or '-'}"
            )
        rows = select(func.count()).where(Batch.job_id == job.id)
        if job.deleted_at is not None and (job.purged_at is None or session.scalars(rows).one()):
            lines.append(f"job {job.id} ({job.kind}) is not purged")
    return lines
