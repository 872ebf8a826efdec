"""Golden test sets: pinned, and refused to training."""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.datasets.labelled_face import LabelledFace
from core.datasets.reading import get_dataset, read_faces
from core.errors import PermanentError
from models import Dataset, DatasetFace, Face, Photo, Split

_AT_ONCE = 500


def pin_golden(session: Session, dataset_id: int) -> Dataset:
    """Pin the test split of a dataset as a golden test set; one that is pinned already stays as it is."""
    dataset = get_dataset(session, dataset_id)
    if dataset.pinned_at is None:
        dataset.pinned_at = read_clock(session)
    return dataset


def read_training_faces(session: Session, dataset_id: int) -> list[LabelledFace]:
    """The faces that a training may see: train and validation; PermanentError golden_face.

    The only door by which training reads faces. Test faces never come through it.
    """
    faces = read_faces(session, dataset_id, (Split.TRAIN, Split.VALIDATION))
    refuse_golden(session, (face.face_id for face in faces))
    return faces


def refuse_golden(session: Session, face_ids: Iterable[int]) -> None:
    """PermanentError golden_face where a face, or its split group, belongs to a golden test set."""
    golden = _golden_places(session)
    if not golden:
        return
    remaining = iter(face_ids)
    while some := list(islice(remaining, _AT_ONCE)):
        for face_id, place in session.execute(_places().where(Face.id.in_(some))):
            if place in golden:
                raise PermanentError(
                    "golden_face",
                    f"Face {face_id} belongs to a golden test set, which is never trained on. "
                    "Freeze a new dataset.",
                )


def _places() -> Select[int, int]:
    """Face ids with the group of their photo, or the photo's own id, negative, where it has no group."""
    return select(Face.id, func.coalesce(Photo.split_group_id, -Photo.id)).join(
        Photo, Photo.id == Face.photo_id
    )


def _golden_places(session: Session) -> set[int]:
    golden = _places().join(DatasetFace, DatasetFace.face_id == Face.id)
    golden = golden.join(Dataset, Dataset.id == DatasetFace.dataset_id)
    golden = golden.where(DatasetFace.split == Split.TEST, Dataset.pinned_at.is_not(None))
    return {place for _, place in session.execute(golden)}
