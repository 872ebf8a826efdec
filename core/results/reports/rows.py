"""The rows of a report: every file of a job in listing order, with its faces, read slice by slice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from core.labels.shown_label import ShownLabel, shown_label
from core.library.credits.attribution import Credit
from core.library.credits.store_credits import read_credits
from core.predict.options import PredictOptions
from models.face import Face
from models.job import Job
from models.job_photo import JobPhoto, JobPhotoState
from models.label import Label
from models.photo import Photo
from models.prediction import Prediction

#: Photos read by one pair of queries; their faces are all that is held in memory.
SLICE_PHOTOS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceRow:
    """One shown face; the box is in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    label: ShownLabel
    #: Probability of the most probable label, also where `label` is indeterminate.
    score: float
    with_mask: float
    without_mask: float
    incorrect: float
    not_a_face: float
    #: The face detector's own confidence.
    detector_score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoRow:
    """One file of the job; what only a decoded photo has is None for a file that could not be read."""

    #: 0, 1, 2 ... in listing order.
    position: int
    name: str
    #: Raw bytes of the name, for names that are not text.
    locator: bytes
    state: JobPhotoState
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    format: str | None
    frames: int | None
    error_code: str | None
    error_message: str | None
    #: True where the photo is hidden: another of its duplicate group is kept.
    hidden: bool
    faces: tuple[FaceRow, ...]
    #: Where this job found it: its path, or its name in the upload.
    place: str
    #: Where the photo came from and what its licence asks for; None for a file that could not be read.
    credit: Credit | None = None

    @property
    def source(self) -> str | None:
        """The source that says whom to name, else the place in this job."""
        if self.credit is None:
            return None
        return self.credit.place if self.credit.attribution else self.place

    @property
    def licence(self) -> str | None:
        """Short name of the licence, None where nobody tells one."""
        return self.credit.licence if self.credit else None

    @property
    def attribution(self) -> str | None:
        """The line that names the owner, None where nothing is known."""
        return (self.credit.attribution or None) if self.credit else None

    def count(self, label: ShownLabel) -> int:
        """Faces shown with this label."""
        return sum(face.label is label for face in self.faces)

    @property
    def least_confidence(self) -> float | None:
        """Score of the least certain face, None without faces."""
        return min((face.score for face in self.faces), default=None)

    @property
    def note(self) -> str:
        """What a reader of the row should know beside its values."""
        return f"first of {self.frames} frames" if self.frames is not None and self.frames > 1 else ""


def iterate_photo_rows(session: Session, job: Job, *, slice_photos: int = SLICE_PHOTOS) -> Iterator[PhotoRow]:
    """Every file of the job by position; memory holds one slice, whatever the size of the job.

    Labels and counts are made anew from predictions, not taken from the counters beside them.
    """
    options = PredictOptions.from_json(job.options)
    position = -1
    while True:
        files = session.execute(_files_after(job.id, position, slice_photos)).all()
        if not files:
            return
        position = files[-1].position
        faces = _faces_by_position(session, job, files[0].position, position, options.indeterminate_below)
        credits = read_credits(session, [file.photo_id for file in files if file.photo_id is not None])
        for file in files:
            credit = credits.get(file.photo_id or 0)
            yield _photo_row(file, options.place_of(file.name), faces.get(file.position, ()), credit)


def _files_after(job_id: int, position: int, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            JobPhoto.position,
            JobPhoto.name,
            JobPhoto.locator,
            JobPhoto.state,
            JobPhoto.photo_id,
            JobPhoto.error_code,
            JobPhoto.error_message,
            Photo.sha256,
            Photo.width,
            Photo.height,
            Photo.format,
            Photo.frames,
            Photo.hidden,
        )
        .outerjoin(Photo, Photo.id == JobPhoto.photo_id)
        .where(JobPhoto.job_id == job_id, JobPhoto.position > position)
        .order_by(JobPhoto.position)
        .limit(limit)
    )


def _faces_by_position(
    session: Session, job: Job, first: int, last: int, indeterminate_below: float
) -> dict[int, tuple[FaceRow, ...]]:
    found = session.execute(_faces_between(job, first, last)).all()
    return {
        position: tuple(_face_rows(list(faces), indeterminate_below))
        for position, faces in groupby(found, key=lambda face: face[0])
    }


def _faces_between(job: Job, first: int, last: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            JobPhoto.position,
            Face.id,
            Face.x1,
            Face.y1,
            Face.x2,
            Face.y2,
            Face.score,
            Prediction.label,
            Prediction.with_mask,
            Prediction.without_mask,
            Prediction.incorrect,
            Prediction.not_a_face,
        )
        .join(Face, Face.photo_id == JobPhoto.photo_id)
        .join(Prediction, Prediction.face_id == Face.id)
        .where(
            JobPhoto.job_id == job.id,
            JobPhoto.position.between(first, last),
            JobPhoto.state == JobPhotoState.DONE,
            Face.detector_key == job.detector_key,
            Prediction.classifier_version_id == job.classifier_version_id,
            Prediction.label != Label.NOT_A_FACE,
        )
        .order_by(JobPhoto.position, Face.ordinal)
    )


def _face_rows(found: Sequence[Row[*tuple[Any, ...]]], indeterminate_below: float) -> Iterator[FaceRow]:
    for _, face_id, x1, y1, x2, y2, detector_score, best, *probabilities in found:
        with_mask, without_mask, incorrect, not_a_face = probabilities
        score = max(probabilities)
        label = shown_label(best, score, indeterminate_below)
        if label is None:
            continue
        yield FaceRow(
            face_id=face_id,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            label=label,
            score=score,
            with_mask=with_mask,
            without_mask=without_mask,
            incorrect=incorrect,
            not_a_face=not_a_face,
            detector_score=detector_score,
        )


def _photo_row(
    file: Row[*tuple[Any, ...]], place: str, faces: tuple[FaceRow, ...], credit: Credit | None
) -> PhotoRow:
    return PhotoRow(
        position=file.position,
        name=file.name,
        locator=file.locator,
        state=file.state,
        photo_id=file.photo_id,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
        format=file.format,
        frames=file.frames,
        error_code=file.error_code,
        error_message=file.error_message,
        hidden=bool(file.hidden),
        faces=faces,
        place=place,
        credit=credit,
    )
