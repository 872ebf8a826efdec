"""Overlap of boxes."""

import numpy as np
import pytest

from core.detection.face import (
    Box,
    DetectedFace,
    FoundFace,
    contained,
    most_probable_first,
    overlap,
    overlaps,
    to_probabilities,
)
from models.label import Label


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


def test_a_label_that_is_not_predicted_has_no_probability() -> None:
    found = FoundFace(box=Box(x1=0, y1=0, x2=9, y2=9), landmarks=((0.0, 0.0),) * 5, score=0.9)
    face = DetectedFace(
        found=found, probabilities=to_probabilities(np.array([0.25, 0.75, np.nan, np.nan], np.float32))
    )
    assert face.probabilities == (0.25, 0.75, None, None)
    assert (face.label, face.confidence) == (Label.WITHOUT_MASK, 0.75)
    ordered = [label for label, _ in most_probable_first(zip(Label, face.probabilities, strict=True))]
    assert ordered[:2] == [Label.WITHOUT_MASK, Label.WITH_MASK]
    for wrong in ((0.25, 0.25, None, None), (1.0, None), (None,) * 4):
        with pytest.raises(ValueError, match="sum to 1"):
            DetectedFace(found=found, probabilities=wrong)
