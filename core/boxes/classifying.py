"""Drawn faces that the champion has not predicted yet: finding them, writing their predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, select
from sqlalchemy.orm import Session

from core.database import insert_new
from core.detection.face import Box, DetectedFace, FoundFace
from models import Face, Photo, Prediction, box_stands

#: Written out and not bound: SQLite takes a partial index only where it sees the index's own constant.
_DRAWN: ColumnElement[str] = literal_column("'drawn'")


@dataclass(frozen=True, kw_only=True)
class UnseenFaces:
    """A photo with its drawn faces that have no prediction."""

    photo: Photo
    faces: tuple[Face, ...]

    @property
    def found(self) -> list[FoundFace]:
        """The faces as detection classifies them."""
        return [
            FoundFace(box=Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2), landmarks=(), score=face.score)
            for face in self.faces
        ]


def count_unseen(session: Session, version_id: int) -> int:
    """How many photos hold drawn faces without a prediction."""
    photos = _unseen(version_id).with_only_columns(Face.photo_id).distinct()
    return session.scalars(select(func.count()).select_from(photos.subquery())).one()


def read_unseen(session: Session, version_id: int, *, after: int, limit: int) -> list[UnseenFaces]:
    """The next photos beyond id `after` with such faces."""
    query = _unseen(version_id)
    ids = query.with_only_columns(Face.photo_id).distinct().where(Face.photo_id > after)
    photo_ids = session.scalars(ids.order_by(Face.photo_id).limit(limit)).all()
    faces = session.scalars(query.where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    photos = session.scalars(select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id))
    return [
        UnseenFaces(photo=photo, faces=tuple(face for face in faces if face.photo_id == photo.id))
        for photo in photos
    ]


def save_seen(
    session: Session, version_id: int, unseen: UnseenFaces, probabilities: Sequence[Sequence[float]]
) -> None:
    """Write the predictions of one photo's faces; those that are there already stay."""
    judged = [
        DetectedFace(found=found, probabilities=(row[0], row[1], row[2], row[3]))
        for found, row in zip(unseen.found, probabilities, strict=True)
    ]
    rows = [
        {
            "face_id": face.id,
            "classifier_version_id": version_id,
            "label": one.label,
            "with_mask": one.probabilities[0],
            "without_mask": one.probabilities[1],
            "incorrect": one.probabilities[2],
            "not_a_face": one.probabilities[3],
        }
        for face, one in zip(unseen.faces, judged, strict=True)
    ]
    insert_new(session, Prediction, rows, ["face_id", "classifier_version_id"])


def _unseen(version_id: int) -> Select[Face]:
    seen = exists(
        select(Prediction.id).where(
            Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id
        )
    )
    standing = box_stands()
    return select(Face).where(Face.detector_key == _DRAWN, standing, ~seen)
