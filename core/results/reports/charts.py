"""The geometry of the charts in report.html, which the template draws as inline SVG."""

from dataclasses import dataclass

from core.labels.final_label import COUNTED_LABELS
from core.labels.shown_label import ShownLabel
from core.number_text import number, plural, share, threshold
from core.results.reports.summary import FACES_PER_PHOTO, HISTOGRAM_BINS, Summary

#: The drawing area of a column chart in SVG units, without its axis labels.
CHART_WIDTH, CHART_HEIGHT = 560, 170
#: The best of four labels has at least this probability.
_LOWEST_CONFIDENCE = 0.25
_GAP = 3.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A rectangle with its tooltip; `colour` is a CSS class."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A text under the axis or above a column, centred at `x`."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A column chart; `highest` is the value at its top."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    values: tuple[Tick, ...]
    #: Where to mark a threshold across the chart, None without one.
    mark: float | None
    highest: int


def share_bar(summary: Summary, width: float = 1000.0, height: float = 28.0) -> tuple[Bar, ...]:
    """All faces that count as one bar, cut by final label."""
    bars, x = [], 0.0
    for label in COUNTED_LABELS:
        part = width * summary.share(label)
        if part > 0:
            count = summary.labels[label]
            words = f"{label.words}: {plural(count, 'face')} ({share(count, summary.faces)})"
            bars.append(Bar(x=x, y=0.0, width=part, height=height, colour=label.value, words=words))
        x += part
    return tuple(bars)


def confidence_columns(summary: Summary, indeterminate_below: float) -> Columns:
    """Found faces by confidence in bins of 0.05, stacked by predicted label, with the threshold marked."""
    first = int(_LOWEST_CONFIDENCE * HISTOGRAM_BINS)
    bins = range(first, HISTOGRAM_BINS)
    highest = max((sum(summary.histogram[label][b] for label in ShownLabel) for b in bins), default=0)
    step = CHART_WIDTH / len(bins)
    bars = [bar for column, b in enumerate(bins) for bar in _stack(summary, b, column * step, step, highest)]
    ticks = [
        Tick(x=column * step, y=CHART_HEIGHT + 16, words=threshold(b / HISTOGRAM_BINS))
        for column, b in enumerate([*bins, HISTOGRAM_BINS])
        if (b - first) % 3 == 0
    ]
    mark = (indeterminate_below - _LOWEST_CONFIDENCE) / (1 - _LOWEST_CONFIDENCE) * CHART_WIDTH
    return Columns(bars=tuple(bars), ticks=tuple(ticks), values=(), mark=mark, highest=highest)


def faces_columns(summary: Summary) -> Columns:
    """Photos by number of faces."""
    highest = max(summary.faces_per_photo)
    step = CHART_WIDTH / len(FACES_PER_PHOTO)
    bars, ticks, values = [], [], []
    for column, photos in enumerate(summary.faces_per_photo):
        height = CHART_HEIGHT * photos / highest if highest else 0.0
        x, y, name = column * step, CHART_HEIGHT - height, _class_words(column)
        words = f"{name} faces: {plural(photos, 'photo')}"
        bars.append(Bar(x=x + _GAP, y=y, width=step - 2 * _GAP, height=height, colour="plain", words=words))
        ticks.append(Tick(x=x + step / 2, y=CHART_HEIGHT + 16, words=name))
        values.append(Tick(x=x + step / 2, y=y - 5, words=number(photos) if photos else ""))
    return Columns(bars=tuple(bars), ticks=tuple(ticks), values=tuple(values), mark=None, highest=highest)


def _stack(summary: Summary, b: int, x: float, step: float, highest: int) -> list[Bar]:
    bars, y = [], float(CHART_HEIGHT)
    for label in ShownLabel:
        count = summary.histogram[label][b]
        height = CHART_HEIGHT * count / highest if highest else 0.0
        y -= height
        low, high = threshold(b / HISTOGRAM_BINS), threshold((b + 1) / HISTOGRAM_BINS)
        words = f"{label.words}, {low} to {high}: {plural(count, 'face')}"
        if count:
            bars.append(
                Bar(x=x + _GAP / 2, y=y, width=step - _GAP, height=height, colour=label.value, words=words)
            )
    return bars


def _class_words(index: int) -> str:
    lowest = FACES_PER_PHOTO[index]
    if index + 1 == len(FACES_PER_PHOTO):
        return f"{lowest}+"
    last = FACES_PER_PHOTO[index + 1] - 1
    return str(lowest) if last == lowest else f"{lowest}\u2013{last}"
