"""The geometry of a p-chart, in per cent of its frame: text and marks keep their size on any screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from core.groups.chance_words import limits_words
from core.groups.p_chart import PChart, Point, Side
from core.number_text import plural, share

#: Distances of grid lines, the first that gives few lines is taken.
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_LINES = 6
#: The axis spans at least this much, so that noise does not look like change.
_LEAST_SPAN = 0.1
_MOST_NAMES = 12


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A corrected share with its 95% interval, 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One group; `x` and all `y` are per cent from the left and the top."""

    x: float
    #: Half the distance to the next group.
    half: float
    #: None for a group without faces.
    y: float | None
    outside: Side | None
    limits: tuple[float, float] | None
    #: Corrected share, upper and lower end of its interval.
    corrected: tuple[float, float, float] | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A label at an axis; small screens leave out those that are `extra`."""

    at: float
    words: str
    extra: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What the template draws."""

    marks: tuple[Mark, ...]
    lines: tuple[Tick, ...]
    names: tuple[Tick, ...]
    #: Height of the mean, None without faces.
    centre: float | None
    description: str

    @property
    def pairs(self) -> list[tuple[Mark, Mark]]:
        """Neighbouring groups that both have faces, to be joined by a line."""
        pairs = zip(self.marks, self.marks[1:], strict=False)
        return [(a, b) for a, b in pairs if a.y is not None and b.y is not None]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The range of shares that a chart shows."""

    low: float
    high: float
    step: float

    def place(self, value: float) -> float:
        """Per cent from the top."""
        return round(100 * (self.high - value) / (self.high - self.low), 2)

    @property
    def lines(self) -> tuple[Tick, ...]:
        """The grid lines."""
        count = round((self.high - self.low) / self.step)
        values = [self.low + number * self.step for number in range(count + 1)]
        return tuple(Tick(at=self.place(value), words=f"{100 * value:.0f}%") for value in values)


def make_chart(
    chart: PChart, intervals: Sequence[Interval | None], short_names: Sequence[str], noun: str
) -> Chart:
    """The geometry of a chart; `intervals` and `short_names` are in the order of its points."""
    axis = make_axis(chart, intervals)
    count = len(chart.points)
    marks = [
        _mark(point, interval, axis, 100 * (number + 0.5) / count, 50 / count)
        for number, (point, interval) in enumerate(zip(chart.points, intervals, strict=True))
    ]
    return Chart(
        marks=tuple(marks),
        lines=axis.lines,
        names=_names(short_names),
        centre=None if chart.centre is None else axis.place(chart.centre),
        description=_describe(chart, noun),
    )


def make_axis(chart: PChart, intervals: Sequence[Interval | None]) -> Axis:
    """The range that holds all shares, limits and intervals."""
    values = [v for p in chart.points for v in (p.share, p.low, p.high) if v is not None]
    values += [v for i in intervals if i is not None for v in (i.low, i.high)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    middle = (low + high) / 2
    low, high = min(low, middle - _LEAST_SPAN / 2), max(high, middle + _LEAST_SPAN / 2)
    step = next((s for s in _STEPS if (high - low) / s <= _MOST_LINES - 1), _STEPS[-1])
    return Axis(
        low=max(0.0, floor(low / step + 1e-9) * step),
        high=min(1.0, ceil(high / step - 1e-9) * step),
        step=step,
    )


def _mark(point: Point, interval: Interval | None, axis: Axis, x: float, half: float) -> Mark:
    limits = None
    if point.low is not None and point.high is not None:
        limits = axis.place(point.low), axis.place(point.high)
    corrected = None
    if interval is not None:
        corrected = axis.place(interval.value), axis.place(interval.high), axis.place(interval.low)
    return Mark(
        x=round(x, 3),
        half=round(half, 3),
        y=None if point.share is None else axis.place(point.share),
        outside=point.outside,
        limits=limits,
        corrected=corrected,
        words=_words(point, interval),
    )


def _words(point: Point, interval: Interval | None) -> str:
    if point.share is None:
        return f"{point.name}: no faces"
    parts = [f"{point.name}: raw share {share(point.share, 1)}"]
    if interval is not None:
        ends = f"{share(interval.low, 1)} to {share(interval.high, 1)}"
        parts.append(f"corrected {share(interval.value, 1)}, 95% interval {ends}")
    if point.low is not None:
        parts.append(f"limits {limits_words(point)}")
    return "; ".join(parts)


def _names(short_names: Sequence[str]) -> tuple[Tick, ...]:
    """At most so many names that they do not run into each other; every other one on small screens."""
    count = len(short_names)
    every = max(1, ceil(count / _MOST_NAMES))
    return tuple(
        Tick(at=round(100 * (place + 0.5) / count, 2), words=short_names[place], extra=bool(number % 2))
        for number, place in enumerate(range(0, count, every))
    )


def _describe(chart: PChart, noun: str) -> str:
    counted = [point for point in chart.points if point.share is not None]
    if not counted or chart.centre is None:
        return f"No {noun} has faces."
    ordered = sorted(counted, key=lambda point: point.share or 0)
    lowest, highest = (f"{share(p.share or 0, 1)} ({p.name})" for p in (ordered[0], ordered[-1]))
    return (
        f"Raw shares of {plural(len(counted), noun)}, mean {share(chart.centre, 1)}; lowest {lowest}, "
        f"highest {highest}. "
        f"{plural(len(chart.outside), 'point')} outside the limits. The table below has all numbers."
    )
