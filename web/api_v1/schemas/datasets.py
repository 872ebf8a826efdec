"""Datasets, their faces, and how two of them differ."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.datasets.queries import Difference, DifferentFace
from models import ClassifierVersion, Label, Split
from models import Dataset as DatasetRow
from models import DatasetFace as DatasetFaceRow
from models import Evaluation as EvaluationRow
from web.api_v1.schemas.base import Answer, ListQuery
from web.api_v1.schemas.versions import Evaluation


class Dataset(Answer):
    """A frozen, numbered snapshot of labelled faces."""

    id: int
    title: str
    content_sha256: str = Field(description="Of every face's identity, label and split.")
    options: dict[str, Any]
    faces: int
    photos: int
    faces_removed: int = Field(description="Faces that removals have deleted since.")
    counts: dict[str, Any] = Field(description="Faces by split and label, and faces left out by reason.")
    licences: dict[str, int] = Field(description="Photos by licence.")
    pinned_at: datetime | None = Field(description="When its test faces became the golden test set.")
    created_at: datetime

    @classmethod
    def of(cls, dataset: DatasetRow, **more: Any) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(dataset, name) for name in Dataset.model_fields}, **more)


class OneDataset(Dataset):
    """A dataset with the versions trained and evaluated on it."""

    trained_versions: list[int]
    evaluations: list[Evaluation]

    @classmethod
    def with_use(
        cls,
        dataset: DatasetRow,
        trained: list[ClassifierVersion],
        evaluations: list[tuple[EvaluationRow, ClassifierVersion]],
    ) -> Self:
        """The row and what was made of it."""
        return cls.of(
            dataset,
            trained_versions=[version.id for version in trained],
            evaluations=[Evaluation.of(evaluation) for evaluation, _ in evaluations],
        )


class DatasetList(Answer):
    """A page of datasets, newest first."""

    datasets: list[Dataset]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class DatasetFaceQuery(ListQuery):
    """Which faces of a dataset to list."""

    split: Split | None = None
    label: Label | None = None


class DatasetFace(Answer):
    """A face of a dataset with the label and split that it had then."""

    face_id: int
    label: Label
    split: Split

    @classmethod
    def of(cls, face: DatasetFaceRow) -> Self:
        """The row as answered."""
        return cls(face_id=face.face_id, label=face.label, split=face.split)


class DatasetFaceList(Answer):
    """A page of the faces of a dataset, by number."""

    faces: list[DatasetFace]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class DifferenceQuery(ListQuery):
    """Which differences of two datasets to list."""

    show: Difference = Difference.ADDED


class ChangedFace(Answer):
    """A face that differs; `before` is null for an added face, `after` for a removed one."""

    face_id: int
    split: Split
    before: Label | None
    after: Label | None

    @classmethod
    def of(cls, face: DifferentFace) -> Self:
        """The face as answered."""
        return cls(**{name: getattr(face, name) for name in cls.model_fields})


class DatasetComparison(Answer):
    """How a later dataset differs from an earlier one."""

    counts: dict[Difference, int] = Field(description="Faces by difference, counted up to 10,000.")
    show: Difference
    faces: list[ChangedFace]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
