# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: schedules."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


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


class Schedule(Model):
    """A job that recurs."""

    id: int
    title: str
    kind: str
    options: dict[str, Any]
    cron: str
    time_zone: str
    #: When it fires, in words; or why its times are not valid any more.
    words: str
    #: What happens at a planned time while the previous job runs. One of skip, queue.
    overlap: str
    renews_reports: bool
    paused: bool
    next_at: dt.datetime | None
    #: The next times, as if it was not paused.
    following: list[dt.datetime]
    created_at: dt.datetime
    last_run: Run | None
