"""Two groups or jobs side by side: the difference of their shares in words."""

from dataclasses import dataclass

from core.estimates.difference import Difference, subtract_shares
from core.groups.table import GroupRow
from models import Label


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The share of a label in two groups; the difference is that of the corrected shares."""

    first: GroupRow
    second: GroupRow
    label: Label
    difference: Difference

    @property
    def words(self) -> str:
        """12 points higher, 95% interval 5 to 19."""
        difference = self.difference
        value, low, high = difference.value, difference.low, difference.high
        if value is None or low is None or high is None:
            return f"No difference can be given: {difference.problem}."
        if value < 0:
            value, low, high = -value, -high, -low
            way = "lower"
        else:
            way = "higher"
        amount = "No difference" if _number(value) == "0" else f"{_points(value)} {way}"
        sentence = f"{amount}, 95% interval {_ends(low, high)}."
        return sentence if difference.is_clear else f"{sentence} The two may also be the same."

    @property
    def raw_words(self) -> str | None:
        """The difference of the raw shares, which has no interval; None where one has no faces."""
        first, second = self.first.share(self.label).raw, self.second.share(self.label).raw
        if first is None or second is None:
            return None
        difference = abs(second - first)
        if _number(difference) == "0":
            return "Raw shares: no difference."
        way = "higher" if second >= first else "lower"
        return f"Raw shares: {_points(difference)} {way}."


def compare_rows(first: GroupRow, second: GroupRow, label: Label) -> Comparison:
    """How much the share of the second group is above that of the first."""
    difference = subtract_shares(first.share(label), second.share(label))
    return Comparison(first=first, second=second, label=label, difference=difference)


def _points(value: float) -> str:
    text = _number(value)
    return f"{text} point" if text == "1" else f"{text} points"


def _ends(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}"


def _number(share: float) -> str:
    """Points with one decimal below ten: 12, 4.2, −0.5."""
    points = 100 * share
    text = f"{points:.0f}" if abs(points) >= 9.95 else f"{points:.1f}".removesuffix(".0")
    return "0" if text in ("-0", "0") else text.replace("-", "−")
