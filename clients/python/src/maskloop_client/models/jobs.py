# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: jobs."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


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


class Progress(Model):
    """How far an unfinished job is."""

    #: 0 to 1; null while the input is still being listed.
    fraction: float | None
    photos_per_second: float | None
    seconds_left: float | None
    stage: str
    #: Why work waits and nobody claims it; null if it does not.
    stalled: str | None
    workers_active: int


class JobWithProgress(JobAnswer):
    """One job with its progress."""

    progress: Progress


class Event(Model):
    """A line of a job's log."""

    id: int
    at: dt.datetime
    level: str
    code: str
    text: str
