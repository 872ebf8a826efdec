"""What people said about the faces of a job since its report was written."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.predict.found_faces import found_by
from core.predict.report_stage import STANDARD_REPORTS
from core.results.reports.queries import read_newest_reports
from models import DRAWN, Decision, Face, FinalCount, Job, JobPhoto

#: Photos that are looked at to count the decided faces.
_MOST_PHOTOS = 2_000
#: Reports of versions that read no decisions were written before all of them.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes since the newest report."""

    #: Number of the newest report.
    number: int
    #: Faces that were decided, or whose decision was undone.
    faces: int
    #: Photos with such a face, or with a drawn, moved or removed box.
    photos: int
    #: Whether both are lower bounds, since not all photos were looked at.
    at_least: bool

    @property
    def any(self) -> bool:
        """Whether the report would say something else now."""
        return self.photos > 0


def read_changes(session: Session, job: Job) -> Changes | None:
    """The changes since the newest report files of the job; None while it has none."""
    newest = read_newest_reports(session, job.id, STANDARD_REPORTS)
    if not newest:
        return None
    since = min(report.read_at or _LONG_AGO for report in newest.values())
    changed = FinalCount.job_id == job.id, FinalCount.changed_at > since
    photos = (
        select(JobPhoto.photo_id)
        .join(FinalCount, FinalCount.job_photo_id == JobPhoto.id)
        .where(*changed)
        .limit(_MOST_PHOTOS + 1)
    )
    ids = {photo_id for photo_id in session.scalars(photos) if photo_id is not None}
    number = max(report.number for report in newest.values())
    if not ids:
        # Most pages ask while nothing has changed.
        return Changes(number=number, faces=0, photos=0, at_least=False)
    faces = select(func.count(Decision.face_id.distinct())).join(Face, Face.id == Decision.face_id)
    decided = faces.where(
        Face.photo_id.in_(ids),
        or_(found_by(job.detector_keys), Face.detector_key == DRAWN),
        Decision.created_at > since,
    )
    return Changes(
        number=number,
        faces=session.scalars(decided).one(),
        photos=min(len(ids), _MOST_PHOTOS),
        at_least=len(ids) > _MOST_PHOTOS,
    )
