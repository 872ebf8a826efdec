"""Which faces of a dataset a version has not judged yet, and its judgement once it has."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.database import insert_new
from core.detection.face import Box, FoundFace
from core.evaluation.scored import LABELS
from models import DatasetFace, Face, Photo, Prediction, Split


@dataclass(frozen=True, kw_only=True)
class Unpredicted:
    """A photo with the faces in it that are to be judged."""

    photo: Photo
    faces: tuple[Face, ...]

    @property
    def found(self) -> list[FoundFace]:
        """The faces as detection classifies them."""
        return [
            FoundFace(
                box=Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2),
                landmarks=tuple((x, y) for x, y in face.landmarks),
                score=face.score,
            )
            for face in self.faces
        ]


def count_unpredicted(session: Session, version_id: int, dataset_id: int, splits: Collection[Split]) -> int:
    """How many photos hold such a face."""
    photos = _unpredicted(version_id, dataset_id, splits).with_only_columns(Face.photo_id).distinct()
    return session.scalars(select(func.count()).select_from(photos.subquery())).one()


def read_unpredicted(
    session: Session,
    version_id: int,
    dataset_id: int,
    splits: Collection[Split],
    *,
    after_id: int,
    limit: int,
) -> list[Unpredicted]:
    """The next photos with such faces, by id."""
    query = _unpredicted(version_id, dataset_id, splits)
    ids = query.with_only_columns(Face.photo_id).distinct().where(Face.photo_id > after_id)
    photo_ids = session.scalars(ids.order_by(Face.photo_id).limit(limit)).all()
    faces = session.scalars(query.where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    photos = session.scalars(select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id))
    return [
        Unpredicted(photo=photo, faces=tuple(face for face in faces if face.photo_id == photo.id))
        for photo in photos
    ]


def save_predictions(
    session: Session, version_id: int, face_ids: Sequence[int], probabilities: NDArray[np.floating]
) -> None:
    """Write probabilities (n, 4) of faces; a face that the version has judged already stays as it is."""
    rows = [
        {
            "face_id": face_id,
            "classifier_version_id": version_id,
            "label": LABELS[int(np.argmax(row))],
            **{label.value: float(value) for label, value in zip(LABELS, row, strict=True)},
        }
        for face_id, row in zip(face_ids, probabilities, strict=True)
    ]
    insert_new(session, Prediction, rows, ["face_id", "classifier_version_id"])


def _unpredicted(version_id: int, dataset_id: int, splits: Collection[Split]) -> Select[Face]:
    judged = exists(
        select(Prediction.id).where(
            Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id
        )
    )
    return (
        select(Face)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == dataset_id, DatasetFace.split.in_(splits), ~judged)
    )
