"""The faces of a job in the order of its photos, slice by slice; every slice costs about the same."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.predict.job_faces import JobFace, JobModels, read_job_faces
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.pages.search import Search
from core.results.reports.rows import FaceRow, report_row
from models import Job, JobPhoto, JobPhotoState

#: Photos read at a time, times and seconds before the reader is asked to continue.
_PHOTOS, _SLICES, _SECONDS = 100, 20, 1.0


@dataclass(frozen=True, kw_only=True)
class FacePlace:
    """A face in the list; photos have up to hundreds of faces, so a page may end within one."""

    position: int
    #: How many of the photo's faces are behind the reader, also those that the filter leaves out.
    passed: int


@dataclass(frozen=True, kw_only=True)
class ListedFace:
    """A face with its photo's place in the job."""

    position: int
    name: str
    photo_id: int
    face: FaceRow


@dataclass(frozen=True, kw_only=True)
class FacePage:
    """Faces in order; fewer than asked for, or none, where few photos have any that match."""

    faces: tuple[ListedFace, ...]
    #: Where to continue; None at the end.
    next: FacePlace | None


def list_faces(
    session: Session, job: Job, chosen: ResultsFilter, *, after: FacePlace | None, limit: int
) -> FacePage:
    """Up to `limit` faces that match the filter, behind a place.

    By final labels these are the faces that the job found and those that count; by predicted labels those
    that the job found.
    """
    found: list[ListedFace] = []
    start = None if after is None else after.position - 1
    deadline = time.monotonic() + _SECONDS
    for _ in range(_SLICES):
        search = Search(job_id=job.id, chosen=chosen, limit=min(_PHOTOS, limit))
        rows = search.run(session, start)
        for place, row, face in _faces_of(session, job, rows.rows):
            if after is not None and place.position == after.position and place.passed < after.passed:
                continue
            shown = _shown(face, chosen)
            if shown is not None and len(found) == limit:
                return FacePage(faces=tuple(found), next=place)
            if shown is not None:
                found.append(_listed(row, shown))
        if rows.stopped_at is None:
            return FacePage(faces=tuple(found), next=None)
        start = rows.stopped_at
        if rows.cut_short or time.monotonic() > deadline:
            break
    return FacePage(faces=tuple(found), next=FacePlace(position=(start or 0) + 1, passed=0))


def _faces_of(
    session: Session, job: Job, rows: Sequence[JobPhoto]
) -> Iterator[tuple[FacePlace, JobPhoto, JobFace]]:
    """The faces of the files that were read, each with its place."""
    done = [row for row in rows if row.state is JobPhotoState.DONE and row.photo_id is not None]
    faces = read_job_faces(session, JobModels.of(job), {row.photo_id for row in done if row.photo_id})
    for row in done:
        for passed, face in enumerate(faces[row.photo_id or 0]):
            yield FacePlace(position=row.position, passed=passed), row, face


def _shown(face: JobFace, chosen: ResultsFilter) -> FaceRow | None:
    """The face where it matches the filter."""
    row = report_row(face, {})
    by_prediction = chosen.labels is ShownLabels.PREDICTED
    if row is None or (by_prediction and not face.is_found):
        return None
    label = row.predicted if by_prediction else row.final
    if chosen.shown is not Shown.ALL and (label is None or label.value != chosen.shown.value):
        return None
    if chosen.confidence_below is None:
        return row
    score = row.score if by_prediction else row.unsure_score
    return row if score is not None and score < chosen.confidence_below else None


def _listed(row: JobPhoto, face: FaceRow) -> ListedFace:
    return ListedFace(position=row.position, name=row.name, photo_id=row.photo_id or 0, face=face)
