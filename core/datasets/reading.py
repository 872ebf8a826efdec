"""Read datasets: the list, one of them, and its faces."""

from collections.abc import Collection

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.datasets.labelled_face import LabelledFace
from core.datasets.source_name import source_name
from core.detection.face import Box
from core.errors import InputError
from models import Dataset, DatasetFace, Decision, Face, Photo, Source, Split


def get_dataset(session: Session, dataset_id: int) -> Dataset:
    """The dataset; InputError dataset_not_found."""
    dataset = session.get(Dataset, dataset_id)
    if dataset is None:
        raise InputError("dataset_not_found", f"There is no dataset {dataset_id}.")
    return dataset


def list_datasets(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[Dataset]:
    """Newest first; `before_id` pages on to older ones."""
    query = select(Dataset).order_by(Dataset.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Dataset.id < before_id)
    return list(session.scalars(query))


def read_faces(
    session: Session, dataset_id: int, splits: Collection[Split] = tuple(Split)
) -> list[LabelledFace]:
    """The faces of some sides of a dataset, by id. Training calls `read_training_faces` instead."""
    sources = _sources(session, dataset_id)
    return [_face(row, sources) for row in session.execute(_faces(dataset_id, splits))]


def _faces(dataset_id: int, splits: Collection[Split]) -> Select[DatasetFace, Face, str, str | None]:
    return (
        select(DatasetFace, Face, Photo.sha256, Decision.mask_kind)
        .join(Face, Face.id == DatasetFace.face_id)
        .join(Photo, Photo.id == Face.photo_id)
        .outerjoin(Decision, Decision.id == DatasetFace.decision_id)
        .where(DatasetFace.dataset_id == dataset_id, DatasetFace.split.in_(splits))
        .order_by(DatasetFace.face_id)
    )


def _sources(session: Session, dataset_id: int) -> dict[int, Source]:
    """The first source of each photo of the dataset."""
    photos = (
        select(Face.photo_id)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == dataset_id)
    )
    first = select(func.min(Source.id)).where(Source.photo_id.in_(photos)).group_by(Source.photo_id)
    return {source.photo_id: source for source in session.scalars(select(Source).where(Source.id.in_(first)))}


def _face(row: Row[DatasetFace, Face, str, str | None], sources: dict[int, Source]) -> LabelledFace:
    entry, face, sha256, mask_kind = row
    source = sources.get(face.photo_id)
    return LabelledFace(
        face_id=face.id,
        photo_id=face.photo_id,
        photo_sha256=sha256,
        box=Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2),
        landmarks=tuple((x, y) for x, y in face.landmarks),
        score=face.score,
        label=entry.label,
        split=entry.split,
        blur=face.blur,
        source_kind=source.kind if source else None,
        source=source_name(source.kind, source.name) if source else "unknown",
        mask_kind=mask_kind,
    )
