"""Schedules: jobs that start at the times of a cron expression or when photos arrive, and their runs."""

from datetime import UTC, datetime
from typing import Any, Self

from pydantic import Field

from core.errors import InputError
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, recurrence_of
from core.schedules.watching.options import WatchOptions
from models import (
    FolderWatch,
    Job,
    JobState,
    Overlap,
    RunState,
    ScheduleRun,
    Trigger,
    WatchMethod,
    WatchState,
)
from models import Schedule as ScheduleRow
from web.api_v1.schemas.base import Answer, Asked
from web.api_v1.schemas.job_requests import JobRequestBody

_FOLLOWING = 5
_CRON = "Five fields, six with seconds, or a shorthand such as @daily."
_ZONE = "IANA name, such as Europe/Berlin."


class Run(Answer):
    """A planned run of a schedule."""

    id: int
    planned_at: datetime
    state: RunState
    note: str
    job_id: int | None
    job_state: JobState | None

    @classmethod
    def of(cls, run: ScheduleRun, job: Job | None) -> Self:
        """The row as answered."""
        same = ("id", "planned_at", "state", "note", "job_id")
        return cls(
            **{name: getattr(run, name) for name in same}, job_state=None if job is None else job.state
        )


class WatchedFolder(Answer):
    """How a folder is watched, and what the watcher last saw."""

    settle_seconds: float
    gather_seconds: float
    most_photos: int
    reads_existing: bool
    polls: bool
    state: WatchState
    problem_code: str | None
    problem: str | None
    method: WatchMethod | None = Field(description="How new photos are noticed; null before the first look.")
    method_note: str = Field(description="Why the folder is polled; empty where it is not.")
    started_at: datetime | None = Field(description="When the photos of the first look were dealt with.")
    looked_at: datetime | None
    look_seconds: float | None
    photos_seen: int
    growing: int = Field(description="New photos that were still growing at the last look.")
    waiting: int = Field(description="New photos that waited for others to share their job.")
    photos_taken: int
    last_taken_at: datetime | None

    @classmethod
    def of(cls, watch: FolderWatch) -> Self:
        """The row as answered."""
        options = WatchOptions.from_json(watch.options)
        names = set(cls.model_fields) - set(WatchOptions.model_fields)
        return cls(**options.to_json(), **{name: getattr(watch, name) for name in names})


class Schedule(Answer):
    """A job that recurs."""

    id: int
    title: str
    kind: str
    options: dict[str, Any]
    trigger: Trigger = Field(description="What starts its jobs: times, or new photos in a folder.")
    cron: str = Field(description="Empty where it waits for photos.")
    time_zone: str
    words: str = Field(description="When it fires, in words; or why its times are not valid any more.")
    overlap: Overlap = Field(description="What happens at a planned time while the previous job runs.")
    renews_reports: bool
    paused: bool
    next_at: datetime | None
    following: list[datetime] = Field(description="The next times, as if it was not paused.")
    watch: WatchedFolder | None = Field(description="Null where it starts at times.")
    created_at: datetime
    last_run: Run | None

    @classmethod
    def of(
        cls,
        schedule: ScheduleRow,
        last: tuple[ScheduleRun, Job | None] | None,
        watch: FolderWatch | None,
    ) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"words", "following", "last_run", "watch"}
        words, following = cls._words(schedule)
        return cls(
            **{name: getattr(schedule, name) for name in names},
            words=words,
            following=following,
            watch=None if watch is None else WatchedFolder.of(watch),
            last_run=None if last is None else Run.of(*last),
        )

    @staticmethod
    def _words(schedule: ScheduleRow) -> tuple[str, list[datetime]]:
        """When it fires in words, and the next times."""
        if schedule.trigger is Trigger.NEW_PHOTOS:
            return f"When new photos arrive in {schedule.options.get('folder')}", []
        try:
            recurrence = recurrence_of(schedule)
            return recurrence.words(), recurrence.following(datetime.now(UTC), _FOLLOWING)
        except InputError as error:
            return error.message, []


class ScheduleList(Answer):
    """All schedules, the next to run first, paused ones last."""

    schedules: list[Schedule]


class RunList(Answer):
    """The latest runs of a schedule, newest first."""

    runs: list[Run]


def _bounded(name: str) -> Any:
    """A field of how a folder is watched, with the bounds and text of `WatchOptions`."""
    lowest, highest = WatchOptions.bounds_of(name)
    return Field(None, ge=lowest, le=highest, description=WatchOptions.model_fields[name].description)


class Watch(Asked):
    """How a folder is watched; what is left out has its default, or stays in a change."""

    settle_seconds: float | None = _bounded("settle_seconds")
    gather_seconds: float | None = _bounded("gather_seconds")
    most_photos: int | None = _bounded("most_photos")
    reads_existing: bool | None = _bounded("reads_existing")
    polls: bool | None = _bounded("polls")

    def options(self, before: WatchOptions) -> WatchOptions:
        """The options with these in place of those before."""
        return before.with_changes(**self.model_dump(exclude_none=True))


class ScheduleRequest(Asked):
    """A new schedule: at the times of `cron`, or with `watch` when photos arrive in the job's folder."""

    title: str = Field(min_length=1, max_length=200, description="Also of its jobs.")
    job: JobRequestBody = Field(description="What starts each time; its title is not used.")
    cron: str | None = Field(None, min_length=1, max_length=120, description=_CRON)
    watch: Watch | None = Field(None, description="{}: with all defaults.")
    time_zone: str = Field("UTC", min_length=1, max_length=64, description=_ZONE)
    overlap: Overlap = Overlap.SKIP
    renews_reports: bool = Field(
        False, description="Write reports of earlier runs again if faces were decided since."
    )

    @property
    def timing(self) -> Timing:
        """When it fires; InputError cron_invalid, time_zone_unknown, or option_invalid without one of two."""
        times = self.cron and Recurrence(cron=self.cron.strip(), time_zone=self.time_zone.strip())
        return Timing(
            recurrence=times or None,
            watch=None if self.watch is None else self.watch.options(WatchOptions()),
            overlap=self.overlap,
            renews_reports=self.renews_reports,
        )


class ScheduleChange(Asked):
    """What changes; what is left out stays."""

    title: str | None = Field(None, min_length=1, max_length=200)
    cron: str | None = Field(None, min_length=1, max_length=120, description=_CRON)
    time_zone: str | None = Field(None, min_length=1, max_length=64, description=_ZONE)
    watch: Watch | None = Field(None, description="Only where it waits for photos.")
    overlap: Overlap | None = None
    renews_reports: bool | None = None

    def timing_of(self, schedule: ScheduleRow, watch: FolderWatch | None) -> Timing:
        """When the schedule fires with these changes.

        InputError cron_invalid or time_zone_unknown, option_invalid for times of one that waits for photos
        and for the reverse.
        """
        renews = schedule.renews_reports if self.renews_reports is None else self.renews_reports
        if watch is not None:
            times = self.cron and Recurrence(cron=self.cron, time_zone=self.time_zone or "UTC")
            before = WatchOptions.from_json(watch.options)
            options = self.watch.options(before) if self.watch else before
            return Timing(
                recurrence=times or None, watch=options, overlap=schedule.overlap, renews_reports=renews
            )
        return Timing(
            watch=None if self.watch is None else self.watch.options(WatchOptions()),
            recurrence=Recurrence(
                cron=(self.cron or schedule.cron).strip(),
                time_zone=(self.time_zone or schedule.time_zone).strip(),
            ),
            overlap=self.overlap or schedule.overlap,
            renews_reports=renews,
        )
