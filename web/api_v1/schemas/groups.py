"""Groups of the photos of jobs and the trend of a schedule: shares with their charts."""

from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import Field, field_validator

from core.errors import InputError
from core.estimates.shares import PEOPLE
from core.groups.chance_words import chance_sentences
from core.groups.comparison import Comparison, compare_rows
from core.groups.grouping import By, Grouping, TimesFrom
from core.groups.p_chart import PChart, Side
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from core.groups.series import SeriesRun
from core.groups.table import GroupRow, RowKind
from core.groups.table import GroupTable as TableRow
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
    field: list[str] = Field(
        [], max_length=8, description="Of the pattern that makes up a group; can be repeated."
    )
    level: int = Field(1, ge=1, le=20, description="Folders below the job's folder that name a group.")
    job: list[int] = Field([], max_length=_MOST_OTHERS, description="Further jobs; can be repeated.")

    @field_validator("field")
    @classmethod
    def _without_braces(cls, names: list[str]) -> list[str]:
        return [name.strip("{}") for name in names if name.strip("{}")]

    @property
    def grouping(self) -> Grouping:
        """The grouping; InputError grouping_invalid, pattern_invalid or time_zone_unknown."""
        return Grouping(
            by=self.by,
            clock=Clock(zone=self.zone, clock_zone=self.clock_zone),
            level=self.level,
            pattern=PathPattern(text=self.pattern) if self.pattern else None,
            fields=tuple(self.field),
            times_from=self.times_from,
        )


class ComparedGroupsQuery(GroupsQuery):
    """What the photos of a job are grouped by, and two groups to compare."""

    compare: list[str] = Field([], max_length=2, description="Two groups, by key or name.")


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


class GroupComparison(Answer):
    """How much the corrected share of the second group is above that of the first."""

    first: str = Field(description="Key of the group.")
    second: str
    difference: float | None
    low: float | None = Field(description="Of the 95% interval.")
    high: float | None
    problem: str | None = Field(description="Why there is no difference.")
    words: str
    raw_words: str | None = Field(description="The difference of the raw shares; null without faces.")

    @classmethod
    def of(cls, pair: Comparison) -> Self:
        """The comparison as answered."""
        found = pair.difference
        return cls(
            first=pair.first.key,
            second=pair.second.key,
            difference=found.value,
            low=found.low,
            high=found.high,
            problem=found.problem,
            words=pair.words,
            raw_words=pair.raw_words,
        )


class GroupTable(Answer):
    """The groups of some jobs; groups by time in its order, then what could not be placed."""

    jobs: list[int]
    groups: list[Group]
    total: Group
    notes: list[str]
    chart: Chart
    change_or_chance: list[str] = Field(
        description="Whether groups differ by more than chance, in sentences."
    )
    comparison: GroupComparison | None = Field(description="Null where `compare` names no two groups.")

    @classmethod
    def of(cls, jobs: Iterable[Job], table: TableRow, label: Label, compare: Sequence[str]) -> Self:
        """The table as answered; InputError group_not_found."""
        chart, pair = table.chart(label), _pair(table, label, compare)
        return cls(
            jobs=[job.id for job in jobs],
            groups=[Group.of(row) for row in table.rows],
            total=Group.of(table.total),
            notes=table.notes,
            chart=Chart.of(chart),
            change_or_chance=chance_sentences(chart, table.grouping.noun),
            comparison=None if pair is None else GroupComparison.of(pair),
        )


def _pair(table: TableRow, label: Label, keys: Sequence[str]) -> Comparison | None:
    if not keys:
        return None
    if len(keys) != 2:
        raise InputError("option_invalid", "compare names two groups.")
    named = {row.name: row for row in table.rows}
    first, second = (table.find(key) or named.get(key) for key in keys)
    if first is None or second is None:
        missing = keys[0] if first is None else keys[1]
        raise InputError("group_not_found", f"There is no group {missing!r} in this table.")
    return compare_rows(first, second, label)


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
