"""Change or chance: a p-chart of shares whose limits allow for the spread between groups.

Groups in the order of time: Laney's p' chart (D. B. Laney, "Improved control charts for attributes", Quality
Engineering 14(4), 2002, 531-537). With p the share of all faces, group i has n_i faces and the share p_i:

    s_i     = sqrt(p (1 - p) / n_i)
    z_i     = (p_i - p) / s_i
    sigma_z = mean(|z_i - z_(i-1)|) / 1.128
    limits  = p +- 3 s_i sigma_z, cut at 0 and 1

Groups without an order, such as cameras: neighbours mean nothing there, so the spread is the winsorised
multiplicative one of funnel plots (D. J. Spiegelhalter, "Funnel plots for comparing institutional
performance", Statistics in Medicine 24, 2005, 1185-1202): the largest and smallest tenth of the z_i are
pulled in to the tenth's edge, and sigma_z = sqrt(mean(z_i^2)), at least 1.

A lasting change can stay within the limits. In the order of time it shows as a run of groups on one side of
the mean that is longer than log2(groups) + 3, rounded (J. Anhoej and A. V. Olesen, "Run charts revisited",
PLoS ONE 9(11), 2014, e113825).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import ceil, floor, log2, sqrt

#: Expected range of two standard normal values, which turns a mean moving range into a standard deviation.
_RANGE_OF_TWO = 1.128
_LIMIT = 3.0
#: Limits from fewer groups with faces say nothing; below the second number they are rough.
FEWEST_GROUPS, ENOUGH_GROUPS = 6, 20
#: Share of groups that lie outside limits of three deviations by chance.
_OUTSIDE_BY_CHANCE = 0.0027
_WINSORISED = 0.1


class Side(StrEnum):
    """On which side of the limits or the mean."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A group: how many of its `faces` have the label, such as 12 of 40."""

    name: str
    having: int
    faces: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """A group in the chart; all shares 0 to 1."""

    name: str
    #: None in a group without faces, and then it has no limits.
    share: float | None
    low: float | None = None
    high: float | None = None

    @property
    def outside(self) -> Side | None:
        """The side on which it lies outside the limits; None if it is inside, or has none."""
        if self.share is None or self.low is None or self.high is None:
            return None
        # A share equal to a limit may differ in its last bit.
        margin = 1e-12
        if self.share > self.high + margin:
            return Side.ABOVE
        return Side.BELOW if self.share < self.low - margin else None


@dataclass(frozen=True, kw_only=True)
class Run:
    """Groups in a row on one side of the mean, from the first to the last."""

    first: str
    last: str
    groups: int
    side: Side


@dataclass(frozen=True, kw_only=True)
class PChart:
    """The points in the order of the groups; without limits where `problem` says why."""

    points: tuple[Point, ...]
    #: The share of all faces; None without faces.
    centre: float | None
    #: sigma_z: 1 where chance alone explains the spread between groups.
    spread: float | None
    ordered: bool
    runs: tuple[Run, ...] = ()
    problem: str | None = None

    @property
    def outside(self) -> list[Point]:
        """The points outside their limits."""
        return [point for point in self.points if point.outside]

    @property
    def outside_by_chance(self) -> float:
        """How many points chance alone puts outside, on average."""
        return _OUTSIDE_BY_CHANCE * sum(p.share is not None for p in self.points)

    @property
    def is_rough(self) -> bool:
        """Whether the limits come from few groups."""
        return self.problem is None and sum(p.share is not None for p in self.points) < ENOUGH_GROUPS


def p_chart(groups: Sequence[Counted], *, ordered: bool) -> PChart:
    """The chart of these groups; `ordered` tells whether neighbours are neighbours in time."""
    counted = [group for group in groups if group.faces]
    having, faces = sum(g.having for g in counted), sum(g.faces for g in counted)
    centre = having / faces if faces else None
    problem = _find_problem(len(counted), centre)
    if problem or centre is None:
        points = tuple(Point(name=g.name, share=g.having / g.faces if g.faces else None) for g in groups)
        return PChart(points=points, centre=centre, spread=None, ordered=ordered, problem=problem)
    scores = [(g.having / g.faces - centre) / _deviation(centre, g.faces) for g in counted]
    spread = _moving_spread(scores) if ordered else _winsorised_spread(scores)
    return PChart(
        points=tuple(_point(group, centre, spread) for group in groups),
        centre=centre,
        spread=spread,
        ordered=ordered,
        runs=_runs(counted, centre) if ordered else (),
    )


def _find_problem(groups: int, centre: float | None) -> str | None:
    if groups < FEWEST_GROUPS:
        have = "has" if groups == 1 else "have"
        return f"limits need at least {FEWEST_GROUPS} groups with faces; here {groups} {have} some"
    if centre in (0.0, 1.0):
        return "all groups have the same share"
    return None


def _deviation(centre: float, faces: int) -> float:
    return sqrt(centre * (1 - centre) / faces)


def _moving_spread(scores: Sequence[float]) -> float:
    """Laney's sigma_z."""
    ranges = [abs(second - first) for first, second in pairwise(scores)]
    return sum(ranges) / len(ranges) / _RANGE_OF_TWO


def _winsorised_spread(scores: Sequence[float]) -> float:
    ordered = sorted(scores)
    last = len(ordered) - 1
    low, high = ordered[ceil(_WINSORISED * last)], ordered[floor((1 - _WINSORISED) * last)]
    squares = [min(max(score, low), high) ** 2 for score in ordered]
    return max(1.0, sqrt(sum(squares) / len(squares)))


def _point(group: Counted, centre: float, spread: float) -> Point:
    if not group.faces:
        return Point(name=group.name, share=None)
    reach = _LIMIT * spread * _deviation(centre, group.faces)
    return Point(
        name=group.name,
        share=group.having / group.faces,
        low=max(0.0, centre - reach),
        high=min(1.0, centre + reach),
    )


def _runs(counted: Sequence[Counted], centre: float) -> tuple[Run, ...]:
    """Stretches on one side that are longer than chance explains; a group on the mean ends one."""
    longest = round(log2(len(counted)) + 3)
    runs, current, side = list[Run](), list[Counted](), None
    for group in [*counted, None]:
        now = None if group is None else _side(group.having / group.faces, centre)
        if now is None or now is not side:
            if side is not None and len(current) > longest:
                runs.append(Run(first=current[0].name, last=current[-1].name, groups=len(current), side=side))
            current = []
        if group is not None and now is not None:
            current.append(group)
        side = now
    return tuple(runs)


def _side(share: float, centre: float) -> Side | None:
    return None if share == centre else Side.ABOVE if share > centre else Side.BELOW
