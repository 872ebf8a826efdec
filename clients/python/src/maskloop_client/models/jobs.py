# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: jobs."""

import datetime as dt

from maskloop_client.models.base import Model
from maskloop_client.models.shared import JobAnswer


class Progress(Model):
    """How far an unfinished job is."""

    #: 0 to 1; null while the input is still being listed.
    fraction: float | None
    photos_per_second: float | None
    seconds_left: float | None
    stage: str
    #: What the stage does, such as “Reading photos”; empty after the end.
    activity: str
    #: Why work waits and nobody claims it; null if it does not.
    stalled: str | None
    workers_active: int


class JobWithProgress(JobAnswer):
    """One job with its progress."""

    progress: Progress
    #: Photos that could not be read, by error code; null before the job has ended.
    failures: dict[str, int] | None


class Event(Model):
    """A line of a job's log."""

    id: int
    at: dt.datetime
    level: str
    code: str
    text: str
