"""Show what a pattern over the path matches, before a table is made of it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.groups.grouping import Grouping
from core.groups.path_pattern import PathMatch
from models import Job, JobPhoto

#: Paths in a preview, spread evenly over the job.
PREVIEWED = 12


@dataclass(frozen=True, kw_only=True)
class PreviewedPath:
    """A path of the job; `found` is None where the pattern does not match."""

    path: str
    found: PathMatch | None


def preview_paths(session: Session, job: Job, grouping: Grouping) -> list[PreviewedPath]:
    """Some paths of the job with what the grouping's pattern finds in them; none without a pattern."""
    if grouping.pattern is None:
        return []
    first, last = session.execute(
        select(func.min(JobPhoto.position), func.max(JobPhoto.position)).where(JobPhoto.job_id == job.id)
    ).one()
    if first is None or last is None:
        return []
    steps = min(PREVIEWED - 1, last - first) or 1
    positions = {first + (last - first) * step // steps for step in range(steps + 1)}
    paths = session.scalars(
        select(JobPhoto.name)
        .where(JobPhoto.job_id == job.id, JobPhoto.position.in_(positions))
        .order_by(JobPhoto.position)
    )
    return [PreviewedPath(path=path, found=grouping.pattern.match(path)) for path in paths]
