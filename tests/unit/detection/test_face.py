"""Overlap of boxes."""

import numpy as np
import pytest

from core.detection.face import Box, contained, overlap, overlaps


def test_overlap_is_intersection_over_union() -> None:
    box = np.array([0, 0, 10, 10.0])
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [4, 4, 4, 4.0]])
    assert overlaps(box, others) == pytest.approx([1, 1 / 3, 0, 0])


def test_contained_is_over_the_smaller_area() -> None:
    assert contained(np.array([0, 0, 10, 10.0]), np.array([[2, 2, 4, 4.0]])) == pytest.approx([1])


def test_overlap_of_two_boxes_follows_the_same_rule() -> None:
    one, other = Box(x1=0, y1=0, x2=10, y2=10), Box(x1=5, y1=0, x2=15, y2=10)
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one, Box(x1=20, y1=20, x2=30, y2=30)) == 0
