# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: removals."""

import datetime as dt

from maskloop_client.models.base import Model


class DatasetLossAnswer(Model):
    """A dataset that loses faces, and the versions that were trained on it."""

    dataset_id: int
    faces: int
    version_ids: list[int]


class RemovalPlanAnswer(Model):
    """What a removal would delete."""

    #: The photos in words.
    words: str
    photos: int
    bytes: int
    faces: int
    predictions: int
    #: By answer.
    decisions: dict[str, int]
    #: Matching photos that also have another source.
    shared: int
    #: Of these, those that stay and lose only their matching sources.
    spared: int
    #: Jobs whose results have some of the photos.
    jobs: int
    datasets: list[DatasetLossAnswer]
    #: Trainings that begin anew without the photos.
    training_ids: list[int]
    #: The newest of the photos.
    photo_ids: list[int]


class Removal(Model):
    """A removal: what was asked for, and how much was deleted so far; nothing of the photos is kept."""

    id: int
    #: Null after the job was deleted.
    job_id: int | None
    #: One of photo, page, host, phrase, selection.
    by: str
    target: str
    reason: str
    photos: int
    bytes: int
    faces: int
    predictions: int
    decisions: dict[str, int]
    created_at: dt.datetime


class RetentionPlanAnswer(Model):
    """What would happen now, in numbers of photos."""

    #: The rule in words.
    words: str
    #: Photos whose pictures would be deleted.
    due: int
    #: Of those that Maskloop has stored.
    bytes: int
    #: Photos of `due` in folders of yours: their files stay, and are not shown any more.
    in_folders: int
    #: Photos that stay since a newer job has them.
    kept_newer: int
    #: Photos that stay since a dataset has faces of them.
    kept_dataset: int
    #: Photos whose pictures were deleted before.
    erased: int
