"""The difference of two corrected shares, with its interval."""

from dataclasses import dataclass
from math import sqrt

from core.estimates.shares import Share


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`second` minus `first`, -1 to 1; `low` and `high` are None exactly where `problem` says why."""

    value: float | None
    low: float | None
    high: float | None
    problem: str | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def subtract_shares(first: Share, second: Share) -> Difference:
    """How much the second share is above the first; their audits have to be independent.

    The interval is made of the two shares' intervals by the method of variance estimates recovery (Zou and
    Donner, Statistics in Medicine 2008; Newcombe's hybrid score interval is its best-known case).
    """
    one, two = first.corrected, second.corrected
    value = None if one is None or two is None else two - one
    problem = first.problem or second.problem
    if problem or value is None or one is None or two is None:
        return Difference(value=value, low=None, high=None, problem=problem or "nobody to count")
    low_1, high_1, low_2, high_2 = _ends(first, one) + _ends(second, two)
    return Difference(
        value=value,
        low=max(-1.0, value - sqrt((two - low_2) ** 2 + (high_1 - one) ** 2)),
        high=min(1.0, value + sqrt((high_2 - two) ** 2 + (one - low_1) ** 2)),
    )


def _ends(share: Share, value: float) -> tuple[float, float]:
    """The interval, stretched to its own estimate where that is outside."""
    low = value if share.low is None else min(share.low, value)
    high = value if share.high is None else max(share.high, value)
    return low, high
