"""Faces of a dataset a page at a time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DatasetFace, Label, Split


def list_faces(
    session: Session,
    dataset_id: int,
    *,
    split: Split | None = None,
    label: Label | None = None,
    after_face: int = 0,
    limit: int = 60,
) -> list[DatasetFace]:
    """Faces of one side and label, by id; `after_face` pages on."""
    query = select(DatasetFace).where(DatasetFace.dataset_id == dataset_id, DatasetFace.face_id > after_face)
    if split is not None:
        query = query.where(DatasetFace.split == split)
    if label is not None:
        query = query.where(DatasetFace.label == label)
    return list(session.scalars(query.order_by(DatasetFace.face_id).limit(limit)))
