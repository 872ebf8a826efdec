"""Schedules: jobs that start at the times of a cron expression, and their runs."""

from datetime import UTC, datetime
from typing import Any, Self

from pydantic import Field

from core.errors import InputError
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, recurrence_of
from models import Job, JobState, Overlap, RunState, ScheduleRun
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


class Schedule(Answer):
    """A job that recurs."""

    id: int
    title: str
    kind: str
    options: dict[str, Any]
    cron: str
    time_zone: str
    words: str = Field(description="When it fires, in words; or why its times are not valid any more.")
    overlap: Overlap = Field(description="What happens at a planned time while the previous job runs.")
    renews_reports: bool
    paused: bool
    next_at: datetime | None
    following: list[datetime] = Field(description="The next times, as if it was not paused.")
    created_at: datetime
    last_run: Run | None

    @classmethod
    def of(cls, schedule: ScheduleRow, last: tuple[ScheduleRun, Job | None] | None) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"words", "following", "last_run"}
        try:
            recurrence = recurrence_of(schedule)
            words, following = recurrence.words(), recurrence.following(datetime.now(UTC), _FOLLOWING)
        except InputError as error:
            words, following = error.message, []
        return cls(
            **{name: getattr(schedule, name) for name in names},
            words=words,
            following=following,
            last_run=None if last is None else Run.of(*last),
        )


class ScheduleList(Answer):
    """All schedules, the next to run first, paused ones last."""

    schedules: list[Schedule]


class RunList(Answer):
    """The latest runs of a schedule, newest first."""

    runs: list[Run]


class ScheduleRequest(Asked):
    """A new schedule."""

    title: str = Field(min_length=1, max_length=200, description="Also of its jobs.")
    job: JobRequestBody = Field(description="What starts each time; its title is not used.")
    cron: str = Field(min_length=1, max_length=120, description=_CRON)
    time_zone: str = Field("UTC", min_length=1, max_length=64, description=_ZONE)
    overlap: Overlap = Overlap.SKIP
    renews_reports: bool = Field(
        False, description="Write reports of earlier runs again if faces were decided since."
    )

    @property
    def timing(self) -> Timing:
        """When it fires; InputError cron_invalid or time_zone_unknown."""
        return Timing(
            recurrence=Recurrence(cron=self.cron.strip(), time_zone=self.time_zone.strip()),
            overlap=self.overlap,
            renews_reports=self.renews_reports,
        )


class ScheduleChange(Asked):
    """What changes; what is left out stays."""

    title: str | None = Field(None, min_length=1, max_length=200)
    cron: str | None = Field(None, min_length=1, max_length=120, description=_CRON)
    time_zone: str | None = Field(None, min_length=1, max_length=64, description=_ZONE)
    overlap: Overlap | None = None
    renews_reports: bool | None = None

    def timing_of(self, schedule: ScheduleRow) -> Timing:
        """The times of the schedule with these changes; InputError cron_invalid or time_zone_unknown."""
        renews = schedule.renews_reports if self.renews_reports is None else self.renews_reports
        return Timing(
            recurrence=Recurrence(
                cron=(self.cron or schedule.cron).strip(),
                time_zone=(self.time_zone or schedule.time_zone).strip(),
            ),
            overlap=self.overlap or schedule.overlap,
            renews_reports=renews,
        )
