# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: shared."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


class Evaluation(Model):
    """Metrics of a version on the test faces of a dataset."""

    id: int
    version_id: int
    dataset_id: int
    faces: int
    accuracy: float | None
    macro_f1: float | None
    created_at: dt.datetime


class PhotoCounts(Model):
    """Photos of a job."""

    found: int
    done: int
    failed: int
    without_face: int


class FaceCounts(Model):
    """Faces of a job by label."""

    with_mask: int
    without_mask: int
    incorrect: int
    indeterminate: int
    not_labelled: int


class JobAnswer(Model):
    """One job."""

    id: int
    kind: str
    title: str
    #: One of waiting, running, paused, done, cancelled, failed.
    state: str
    #: The state in words; says if a job that is done has no result.
    outcome: str
    options: dict[str, Any]
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    error_code: str | None
    error_message: str | None
    #: Whether the input is listed, so that photos.found is the total.
    listed: bool
    photos: PhotoCounts
    #: By final label.
    faces: FaceCounts
    #: By predicted label.
    faces_predicted: FaceCounts
    files_skipped: dict[str, Any]
    #: The version that a prediction uses, and the one that a training has made.
    version_id: int | None
    #: The trained face detector that a job uses, or has made; null for the installed one.
    detector_id: int | None
    #: What a freeze has made, or a training or evaluation uses.
    dataset_id: int | None


class Run(Model):
    """A planned run of a schedule."""

    id: int
    planned_at: dt.datetime
    #: One of started, waiting, skipped, refused.
    state: str
    note: str
    job_id: int | None
    #: One of waiting, running, paused, done, cancelled, failed.
    job_state: str | None
