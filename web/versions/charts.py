"""Places of the points of an evaluation's pictures, in the units of their SVG."""

from dataclasses import dataclass
from typing import Any

#: Side of the square that curves and bars are drawn in.
SIDE = 100.0


@dataclass(frozen=True, kw_only=True)
class DrawnCurve:
    """A curve as `points` of a polyline; recall runs right, precision up."""

    label: str
    average: float
    points: str


@dataclass(frozen=True, kw_only=True)
class DrawnBar:
    """A bar of the reliability picture."""

    x: float
    width: float
    height: float
    faces: int
    confidence: float
    accuracy: float

    @property
    def y(self) -> float:
        """Its upper end."""
        return SIDE - self.height


def draw_curves(figures: dict[str, Any]) -> list[DrawnCurve]:
    """The precision-recall curves of an evaluation."""
    return [
        DrawnCurve(
            label=curve["label"],
            average=curve["average"],
            points=" ".join(
                f"{recall * SIDE:.1f},{(1 - precision) * SIDE:.1f}"
                for recall, precision in zip(curve["recall"], curve["precision"], strict=True)
            ),
        )
        for curve in figures["curves"]
    ]


def draw_reliability(figures: dict[str, Any]) -> list[DrawnBar]:
    """The bars of an evaluation's reliability, of bins that hold a face."""
    return [
        DrawnBar(
            x=each["low"] * SIDE,
            width=(each["high"] - each["low"]) * SIDE,
            height=each["accuracy"] * SIDE,
            faces=each["faces"],
            confidence=each["confidence"],
            accuracy=each["accuracy"],
        )
        for each in figures["reliability"]["bins"]
        if each["faces"]
    ]
