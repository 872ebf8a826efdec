# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: datasets."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model
from maskloop_client.models.shared import Evaluation


class Dataset(Model):
    """A frozen, numbered snapshot of labelled faces."""

    id: int
    title: str
    #: Of every face's identity, label and split.
    content_sha256: str
    options: dict[str, Any]
    faces: int
    photos: int
    #: Faces that removals have deleted since.
    faces_removed: int
    #: Faces by split and label, and faces left out by reason.
    counts: dict[str, Any]
    #: Photos by licence.
    licences: dict[str, int]
    #: When its test faces became the golden test set.
    pinned_at: dt.datetime | None
    created_at: dt.datetime


class OneDataset(Dataset):
    """A dataset with the versions trained and evaluated on it."""

    trained_versions: list[int]
    evaluations: list[Evaluation]


class DatasetFace(Model):
    """A face of a dataset with the label and split that it had then."""

    face_id: int
    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    #: One of train, validation, test.
    split: str


class ChangedFace(Model):
    """A face that differs; `before` is null for an added face, `after` for a removed one."""

    face_id: int
    #: One of train, validation, test.
    split: str
    #: One of with_mask, without_mask, incorrect, not_a_face.
    before: str | None
    #: One of with_mask, without_mask, incorrect, not_a_face.
    after: str | None


class DatasetComparison(Model):
    """How a later dataset differs from an earlier one."""

    #: Faces by difference, counted up to 10,000.
    counts: dict[str, int]
    #: One of added, removed, relabelled.
    show: str
    faces: list[ChangedFace]
    #: The cursor of the next page; null on the last one.
    next: str | None


class AssumedLabel(Model):
    """A detection that an import took for no face, because the set has no box there."""

    decision_id: int
    face_id: int
    #: What the face counts as now; null without a decision. One of with_mask, without_mask, incorrect,
    #: not_a_face.
    label: str | None


class TakenBack(Model):
    """Labels that were taken back."""

    labels: int
