"""Jobs, their progress and their log."""

from datetime import datetime
from typing import Any

from maskloop_client.models.base import Model

#: States in which a job does nothing more.
ENDED = frozenset({"done", "failed", "cancelled"})


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


class Progress(Model):
    """How far a job is; `fraction` is 0 to 1, and None while the input is still being listed."""

    fraction: float | None
    photos_per_second: float | None
    seconds_left: float | None
    stage: str
    #: Why work waits and nobody claims it.
    stalled: str | None
    workers_active: int


class JobData(Model):
    """One job as the service describes it.

    `state` is waiting, running, paused, done, failed or cancelled; `outcome` says it in words.
    """

    id: int
    kind: str
    title: str
    state: str
    outcome: str
    options: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None
    #: Whether the input is listed, so that `photos.found` is the total.
    listed: bool
    photos: PhotoCounts
    #: By final label: the decision of a person where there is one, else the prediction.
    faces: FaceCounts
    faces_predicted: FaceCounts
    files_skipped: dict[str, Any]
    #: Only where one job was asked for; lists leave it out.
    progress: Progress | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.state in ENDED


class JobEvent(Model):
    """A line of a job's log."""

    id: int
    at: datetime
    level: str
    code: str
    text: str
