"""Groups of the photos of jobs and the trend of a schedule: shares with their charts."""

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from core.estimates.shares import PEOPLE
from core.groups.grouping import By, Grouping, TimesFrom
from core.groups.p_chart import PChart, Side
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from core.groups.series import SeriesRun
from core.groups.table import GroupRow, RowKind
from models import Job, Label
from web.api_v1.schemas.base import Answer, Asked
from web.api_v1.schemas.schedules import Run
from web.api_v1.schemas.shares import Share

#: Further jobs of one table of groups.
_MOST_OTHERS = 19


class GroupsQuery(Asked):
    """What the photos of a job are grouped by."""

    by: By = By.DAY
    label: Label = Field(Label.WITH_MASK, description="Of the chart.")
    zone: str = Field("", max_length=64, description="Time zone of the groups.")
    clock_zone: str = Field("", max_length=64, description="Time zone of cameras that name none.")
    times_from: TimesFrom = TimesFrom.EITHER
    pattern: str = Field("", max_length=500, description="Over the path, such as {site}/{date}.")
    field: str = Field("", max_length=80, description="Of the pattern that makes up a group.")
    level: int = Field(1, ge=1, le=20, description="Folders below the job's folder that name a group.")
    job: list[int] = Field([], max_length=_MOST_OTHERS, description="Further jobs; can be repeated.")

    @property
    def grouping(self) -> Grouping:
        """The grouping; InputError grouping_invalid, pattern_invalid or time_zone_unknown."""
        return Grouping(
            by=self.by,
            clock=Clock(zone=self.zone, clock_zone=self.clock_zone),
            level=self.level,
            pattern=PathPattern(text=self.pattern) if self.pattern else None,
            fields=(self.field,) if self.field else (),
            times_from=self.times_from,
        )


class Group(Answer):
    """A group of photos, or all together."""

    key: str
    name: str
    kind: RowKind
    photos: int
    failed: int
    faces: int = Field(description="Of people, as predicted.")
    predicted: dict[str, int] = Field(description="Faces by predicted label.")
    shares: dict[str, Share]

    @classmethod
    def of(cls, row: GroupRow) -> Self:
        """The row as answered."""
        return cls(
            key=row.key,
            name=row.name,
            kind=row.kind,
            photos=row.photos,
            failed=row.failed,
            faces=row.faces,
            predicted={label.value: row.having(label) for label in PEOPLE},
            shares={label.value: Share.of(row.share(label)) for label in PEOPLE},
        )


class ChartPoint(Answer):
    """The raw share of a group, and the limits that chance alone keeps it in."""

    name: str
    share: float | None
    low: float | None
    high: float | None
    outside: Side | None


class Chart(Answer):
    """The p-chart of the raw shares of a label."""

    centre: float | None
    points: list[ChartPoint]
    problem: str | None = Field(description="Why there are no limits.")

    @classmethod
    def of(cls, chart: PChart) -> Self:
        """The chart as answered."""
        names = ("name", "share", "low", "high", "outside")
        points = [ChartPoint(**{name: getattr(point, name) for name in names}) for point in chart.points]
        return cls(centre=chart.centre, points=points, problem=chart.problem)


class GroupTable(Answer):
    """The groups of some jobs; groups by time in its order, then what could not be placed."""

    jobs: list[int]
    groups: list[Group]
    total: Group
    notes: list[str]
    chart: Chart

    @classmethod
    def of(cls, jobs: Iterable[Job], rows: Iterable[GroupRow], total: GroupRow, *, notes: list[str],
           chart: PChart) -> Self:  # fmt: skip
        """The table as answered."""
        return cls(
            jobs=[job.id for job in jobs],
            groups=[Group.of(row) for row in rows],
            total=Group.of(total),
            notes=notes,
            chart=Chart.of(chart),
        )


class TrendQuery(Asked):
    """Which runs, and of which photos."""

    label: Label = Field(Label.WITH_MASK, description="Of the chart.")
    only_new: bool = Field(False, description="Count only photos that no run had found before.")
    after: str | None = Field(None, description="The cursor `next` of the page before: older runs.")


class TrendRun(Answer):
    """A run of a schedule with its shares."""

    run: Run
    outcome: str
    counts: bool = Field(description="Whether its shares are of all its photos.")
    group: Group

    @classmethod
    def of(cls, found: SeriesRun) -> Self:
        """The run as answered."""
        return cls(
            run=Run.of(found.run, found.job),
            outcome=found.words,
            counts=found.counts,
            group=Group.of(found.row),
        )


class Trend(Answer):
    """The shares of the runs of a schedule, the oldest first."""

    runs: list[TrendRun]
    chart: Chart
    next: str | None = Field(description="The cursor of older runs; null on the last page.")
