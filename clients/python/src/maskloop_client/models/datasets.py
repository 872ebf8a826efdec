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


class SetWord(Model):
    """A word of a set, and what it was read as."""

    word: str
    #: A label, `unlabelled`, `ignore` or `no_face`; null: unknown.
    meaning: str | None
    count: int
    #: Whether it names a folder; then photos are counted, else objects.
    of_photos: bool


class SkippedPhotos(Model):
    """Photos that are not imported, for one reason."""

    code: str
    #: In words.
    reason: str
    photos: int


class LeftOutObjects(Model):
    """Annotated objects that are not imported, for one reason and with one word."""

    problem: str
    #: The problem in words.
    reason: str
    word: str
    objects: int


class ImportPreview(Model):
    """What a set holds, and how it would be read."""

    format: str
    #: How it was recognised, in sentences.
    recognised: list[str]
    photos: int
    photos_labelled: int
    boxes: int
    words: list[SetWord]
    skipped: list[SkippedPhotos]
    left_out: list[LeftOutObjects]
    #: Photos by split; empty where no split is kept.
    splits: dict[str, int]
    problems: list[str]
    annotations_unused: int
    #: Whether time ended before the set did.
    partial: bool


class ImportResult(Model):
    """What an import has written and left out so far."""

    #: By label; `unlabelled` for faces without one.
    decisions: dict[str, int]
    #: Labels that an earlier import added, and that are not added again.
    known: int
    #: Of the decisions, detections that were taken for no face.
    assumed: int
    #: Assumed labels of an earlier import that this one took back.
    taken_back: int
    #: Detections above a score of 0.6 without a box.
    likely_faces: int
    #: Annotation files that fit no photo.
    annotations_unused: int
    #: Unknown ones first.
    words: list[SetWord]
    skipped: list[SkippedPhotos]
    left_out: list[LeftOutObjects]
    #: Photos whose boxes were fitted, by what was done.
    fitted: dict[str, int]
    warnings: list[str]


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
