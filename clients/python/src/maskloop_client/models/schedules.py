# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: schedules."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model
from maskloop_client.models.shared import Run


class WatchedFolder(Model):
    """How a folder is watched, and what the watcher last saw."""

    settle_seconds: float
    gather_seconds: float
    most_photos: int
    reads_existing: bool
    polls: bool
    #: One of starting, watching, away, slow.
    state: str
    problem_code: str | None
    problem: str | None
    #: How new photos are noticed; null before the first look. One of notifications, polling.
    method: str | None
    #: Why the folder is polled; empty where it is not.
    method_note: str
    #: When the photos of the first look were dealt with.
    started_at: dt.datetime | None
    looked_at: dt.datetime | None
    look_seconds: float | None
    photos_seen: int
    #: New photos that were still growing at the last look.
    growing: int
    #: New photos that waited for others to share their job.
    waiting: int
    photos_taken: int
    last_taken_at: dt.datetime | None


class Schedule(Model):
    """A job that recurs."""

    id: int
    title: str
    kind: str
    options: dict[str, Any]
    #: What starts its jobs: times, or new photos in a folder. One of times, new_photos.
    trigger: str
    #: Empty where it waits for photos.
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
    #: Null where it starts at times.
    watch: WatchedFolder | None
    created_at: dt.datetime
    last_run: Run | None
