"""Boxes against their photo and against each other, in pixels of the upright full-size photo."""

from collections.abc import Sequence
from math import isfinite
from typing import Protocol

from core.detection.face import Box
from core.errors import InputError

#: Shortest side of a box that a person may draw.
LEAST_SIDE = 2.0
#: Two boxes of different detectors that share this much (IoU) show the same face.
SAME_FACE = 0.5


class Corners(Protocol):
    """Anything with a box."""

    @property
    def x1(self) -> float: ...  # noqa: D102
    @property
    def y1(self) -> float: ...  # noqa: D102
    @property
    def x2(self) -> float: ...  # noqa: D102
    @property
    def y2(self) -> float: ...  # noqa: D102


def fit_box(corners: Sequence[float], *, width: int, height: int) -> Box:
    """The part of a drawn box (x1, y1, x2, y2) that lies in its photo; InputError box_invalid without any."""
    if len(corners) != 4 or not all(isfinite(corner) for corner in corners):
        raise InputError("box_invalid", "A box has four corners, each of them a number.")
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (corners[0], corners[2]))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (corners[1], corners[3]))
    if x2 - x1 < min(LEAST_SIDE, width) or y2 - y1 < min(LEAST_SIDE, height):
        raise InputError("box_invalid", f"A box is at least {LEAST_SIDE:g} pixels wide and high.")
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union, 0 to 1."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Corners) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)
