"""Faces of a dataset that a version has not predicted yet."""

from collections.abc import Collection

from sqlalchemy import Select
from sqlalchemy.orm import Session

from core.predict.unpredicted import Unpredicted, count_photos, read_photos, select_unpredicted
from models import DatasetFace, Face, Split


def count_unpredicted(session: Session, version_id: int, dataset_id: int, splits: Collection[Split]) -> int:
    """How many photos hold such a face."""
    return count_photos(session, _unpredicted(version_id, dataset_id, splits))


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
    return read_photos(session, query, after_id=after_id, limit=limit)


def _unpredicted(version_id: int, dataset_id: int, splits: Collection[Split]) -> Select[Face]:
    faces = select_unpredicted(version_id).join(DatasetFace, DatasetFace.face_id == Face.id)
    return faces.where(DatasetFace.dataset_id == dataset_id, DatasetFace.split.in_(splits))
