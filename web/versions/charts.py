"""The charts of an evaluation, as coordinates of their SVG."""

from dataclasses import dataclass
from typing import Any

#: Side of the square chart, in SVG units.
SIDE = 100.0


@dataclass(frozen=True, kw_only=True)
class DrawnCurve:
    """A precision-recall curve as `points` of a polyline: recall is x, precision is y."""

    label: str
    average: float
    #: Test faces with the label.
    faces: int
    points: str


@dataclass(frozen=True, kw_only=True)
class DrawnBar:
    """A bar of the calibration chart."""

    x: float
    width: float
    height: float
    faces: int
    confidence: float
    accuracy: float

    @property
    def y(self) -> float:
        """The y coordinate of its top."""
        return SIDE - self.height


def draw_curves(metrics: dict[str, Any]) -> list[DrawnCurve]:
    """The precision-recall curves of an evaluation."""
    faces = {each["label"]: each["faces"] for each in metrics["labels"]}
    return [
        DrawnCurve(
            label=curve["label"],
            average=curve["average"],
            faces=faces[curve["label"]],
            points=" ".join(
                f"{recall * SIDE:.1f},{(1 - precision) * SIDE:.1f}"
                for recall, precision in zip(curve["recall"], curve["precision"], strict=True)
            ),
        )
        for curve in metrics["curves"]
    ]


def draw_reliability(metrics: dict[str, Any]) -> list[DrawnBar]:
    """A bar for each confidence bin that has faces."""
    return [
        DrawnBar(
            x=each["low"] * SIDE,
            width=(each["high"] - each["low"]) * SIDE,
            height=each["accuracy"] * SIDE,
            faces=each["faces"],
            confidence=each["confidence"],
            accuracy=each["accuracy"],
        )
        for each in metrics["reliability"]["bins"]
        if each["faces"]
    ]
