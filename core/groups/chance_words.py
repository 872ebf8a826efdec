"""What a p-chart shows, in sentences: change, or chance."""

from core.groups.p_chart import PChart, Point, Side
from core.number_text import decimal, plural, share

#: Fewer groups have so few points outside by chance that it need not be said.
_MANY = 100
#: A spread is told from this on.
_WIDE = 1.05


def chance_sentences(chart: PChart, noun: str) -> list[str]:
    """Whether groups differ more than chance explains, and which; `noun` is what they are, such as "day"."""
    counted = sum(point.share is not None for point in chart.points)
    if chart.problem:
        problem = chart.problem.replace("groups", f"{noun}s")
        return [f"Change or chance cannot be told: {problem}."]
    sentences = [_outside(point) for point in chart.outside]
    sentences += [
        f"A lasting change: {plural(run.groups, noun)} in a row {run.side} the mean, from {run.first} to "
        f"{run.last}."
        for run in chart.runs
    ]
    if not sentences:
        why = "they differ as they usually do" if _is_wide(chart) else "chance explains how they differ"
        sentences = [f"All {plural(counted, noun)} lie within the limits: {why}."]
    elif counted >= _MANY:
        by_chance = decimal(chart.outside_by_chance)
        sentences.append(f"Of {plural(counted, noun)}, about {by_chance} lie outside by chance alone.")
    return [*sentences, *_spread(chart, noun)]


def limits_words(point: Point) -> str:
    """42.1% to 63.0%; "–" for a point without limits."""
    if point.low is None or point.high is None:
        return "–"
    return f"{share(point.low, 1)} to {share(point.high, 1)}"


def _is_wide(chart: PChart) -> bool:
    """Whether groups differ by more than chance alone."""
    return chart.spread is not None and chart.spread >= _WIDE


def _outside(point: Point) -> str:
    way = "above" if point.outside is Side.ABOVE else "below"
    return f"{point.name}: {share(point.share or 0, 1)} is {way} the limits, {limits_words(point)}."


def _spread(chart: PChart, noun: str) -> list[str]:
    sentences = []
    if chart.spread is not None and _is_wide(chart):
        sentences.append(
            f"The limits allow for the usual spread between {noun}s, {decimal(chart.spread)} times that of "
            "chance alone."
        )
    if chart.is_rough:
        sentences.append(f"From so few {noun}s the limits are rough.")
    return sentences
