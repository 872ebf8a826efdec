"""Boxes and faces as detection reports them, and how much boxes overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from models.label import Label

#: Shortest side of a box that a person may draw, in pixels of the full-size photo.
LEAST_SIDE = 2.0
#: Boxes of two detectors with at least this overlap (IoU) show the same face.
SAME_FACE = 0.5


@dataclass(frozen=True, kw_only=True)
class Box:
    """Corners in pixels of the upright full-size photo; x2 and y2 are exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (self.x1 < self.x2 and self.y1 < self.y2):
            raise ValueError(f"box has no area: {self.x1}, {self.y1}, {self.x2}, {self.y2}")

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y2 - self.y1


@dataclass(frozen=True, kw_only=True)
class FoundFace:
    """A face as the detector reports it: box, landmarks and score, not yet classified."""

    box: Box
    #: Right eye, left eye, nose tip, right and left mouth corner (the person's right), each (x, y); none from
    #: some detectors.
    landmarks: tuple[tuple[float, float], ...]
    #: The detector's confidence, 0 to 1.
    score: float


#: Probabilities in the order of `Label`; None for a label that the classifier does not predict.
Probabilities = tuple[float | None, ...]


def highest(probabilities: Iterable[float | None]) -> float:
    """The highest probability; ValueError where there is none."""
    return max(value for value in probabilities if value is not None)


def most_probable_first(
    pairs: Iterable[tuple[Label, float | None]],
) -> list[tuple[Label, float | None]]:
    """Labels by falling probability, those that are not predicted last."""
    return sorted(pairs, key=lambda pair: -1.0 if pair[1] is None else pair[1], reverse=True)


def to_probabilities(row: NDArray[np.floating]) -> Probabilities:
    """A row (4,) of a classifier, where NaN stands for a label that it does not predict."""
    return tuple(None if isnan(value) else value for value in row.tolist())


@dataclass(frozen=True, kw_only=True)
class DetectedFace:
    """A found face with the classifier's calibrated probabilities, in the order of `Label`."""

    found: FoundFace
    probabilities: Probabilities

    def __post_init__(self) -> None:
        known = [value for value in self.probabilities if value is not None]
        if len(self.probabilities) != len(Label) or abs(sum(known) - 1) > 1e-3:
            raise ValueError("probabilities must sum to 1")

    @property
    def label(self) -> Label:
        """The most probable label."""
        return list(Label)[self.probabilities.index(self.confidence)]

    @property
    def confidence(self) -> float:
        """Probability of `label`."""
        return highest(self.probabilities)


class Corners(Protocol):
    """Any object with the corners of a box: a `Box`, a row of `Face`."""

    @property
    def x1(self) -> float: ...  # noqa: D102
    @property
    def y1(self) -> float: ...  # noqa: D102
    @property
    def x2(self) -> float: ...  # noqa: D102
    @property
    def y2(self) -> float: ...  # noqa: D102


def fit_box(corners: Sequence[float], *, width: int, height: int) -> Box:
    """Clip a drawn box (x1, y1, x2, y2) to its photo. Raises InputError box_invalid."""
    if len(corners) != 4 or not all(isfinite(corner) for corner in corners):
        raise InputError("box_invalid", "A box has four corners, each of them a number.")
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (corners[0], corners[2]))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (corners[1], corners[3]))
    if x2 - x1 < min(LEAST_SIDE, width) or y2 - y1 < min(LEAST_SIDE, height):
        raise InputError("box_invalid", f"A box is at least {LEAST_SIDE:g} pixels wide and high.")
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    first, second = (np.array([(box.x1, box.y1, box.x2, box.y2)], np.float64) for box in (one, other))
    return float(overlaps(first[0], second)[0])


def overlaps(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with boxes (n, 4), corners in pixels; float64 (n,)."""
    return shares(box, boxes, areas(boxes))[0]


def contained(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over the smaller of both areas, as for `overlaps`."""
    return shares(box, boxes, areas(boxes))[1]


def shares(
    box: NDArray[np.floating], boxes: NDArray[np.floating], of_boxes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intersection over union, and over the smaller of both areas; `of_boxes` are the areas of `boxes`.

    Corners are in pixels; one box (4,) with boxes (n, 4); float64 (n,) each.
    """
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    np.maximum(sides, 0, out=sides)
    shared = np.multiply(sides[:, 0], sides[:, 1], dtype=np.float64)
    own = areas(box[None])
    union, smaller = of_boxes + own - shared, np.minimum(of_boxes, own)
    return _divided(shared, union), _divided(shared, smaller)


def areas(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Areas float64 (n,) of boxes (n, 4)."""
    return np.multiply(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1], dtype=np.float64)


def _divided(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
