"""Read faces without a prediction of a classifier version, and write their predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.database import insert_new
from core.detection.crop_box import crop_box
from core.detection.face import FoundFace, to_probabilities
from core.predict.final_counts import refresh_faces
from models import DRAWN, Face, Label, Photo, Prediction

_LABELS = tuple(Label)


@dataclass(frozen=True, kw_only=True)
class Unpredicted:
    """A photo and its faces without a prediction."""

    photo: Photo
    faces: tuple[Face, ...]

    @property
    def found(self) -> list[FoundFace]:
        """The faces as input of the classifier."""
        return [
            FoundFace(
                box=crop_box(face, face.detector_key),
                landmarks=tuple((x, y) for x, y in face.landmarks),
                score=face.score,
            )
            for face in self.faces
        ]


def select_unpredicted(version_id: int) -> Select[Face]:
    """Select the faces that the version has not predicted; the caller may narrow the query."""
    predicted = exists(
        select(Prediction.id).where(
            Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id
        )
    )
    return select(Face).where(~predicted)


def count_photos(session: Session, faces: Select[Face]) -> int:
    """The number of photos that have faces of the query."""
    photos = faces.with_only_columns(Face.photo_id).distinct()
    return session.scalars(select(func.count()).select_from(photos.subquery())).one()


def read_photos(session: Session, faces: Select[Face], *, after_id: int, limit: int) -> list[Unpredicted]:
    """The next `limit` photos after id `after_id` that have faces of the query."""
    ids = faces.with_only_columns(Face.photo_id).distinct().where(Face.photo_id > after_id)
    photo_ids = session.scalars(ids.order_by(Face.photo_id).limit(limit)).all()
    found = session.scalars(faces.where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    photos = session.scalars(select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id))
    return [
        Unpredicted(photo=photo, faces=tuple(face for face in found if face.photo_id == photo.id))
        for photo in photos
    ]


def save_predictions(
    session: Session, version_id: int, face_ids: Sequence[int], probabilities: NDArray[np.floating]
) -> None:
    """Write probabilities, of shape (n, 4) in the order of `Label`, NaN for what is not predicted.

    Existing predictions are not changed.
    """
    rows = [
        {
            "face_id": face_id,
            "classifier_version_id": version_id,
            "label": _LABELS[int(np.nanargmax(row))],
            **{label.value: value for label, value in zip(_LABELS, to_probabilities(row), strict=True)},
        }
        for face_id, row in zip(face_ids, probabilities, strict=True)
    ]
    insert_new(session, Prediction, rows, ["face_id", "classifier_version_id"])
    _refresh_drawn(session, face_ids)


def _refresh_drawn(session: Session, face_ids: Sequence[int]) -> None:
    """A drawn box with a prediction has its label until somebody decides."""
    drawn = select(Face.id).where(Face.id.in_(face_ids), Face.detector_key == DRAWN)
    refresh_faces(session, session.scalars(drawn).all())
