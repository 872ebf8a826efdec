"""Merging joins what shows one face and leaves neighbours apart."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection.merging import contained, merge, overlaps
from core.detection.yunet import BOX, COLUMNS, SCORE


def rows_of(*boxes: tuple[float, float, float, float, float]) -> NDArray[np.float32]:
    """Candidate rows of x1, y1, x2, y2 and score."""
    rows = np.ones((len(boxes), COLUMNS), np.float32)
    for row, box in zip(rows, boxes, strict=True):
        row[BOX], row[SCORE] = box[:4], box[4]
    return rows


def test_overlap_is_intersection_over_union() -> None:
    box = np.array([0, 0, 10, 10.0])
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [4, 4, 4, 4.0]])
    assert overlaps(box, others) == pytest.approx([1, 1 / 3, 0, 0])


def test_contained_is_over_the_smaller_area() -> None:
    assert contained(np.array([0, 0, 10, 10.0]), np.array([[2, 2, 4, 4.0]])) == pytest.approx([1])


def test_same_face_at_two_scales_becomes_one_box_between_both() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.9), (1, 0, 11, 10, 0.9)), overlap=0.5, near=0.3, inside=0.8)
    assert merged.shape == (1, COLUMNS)
    assert merged[0, BOX] == pytest.approx([0.5, 0, 10.5, 10])


def test_the_surer_box_weighs_more_and_gives_its_score() -> None:
    merged = merge(rows_of((1, 0, 11, 10, 0.3), (0, 0, 10, 10, 0.9)), overlap=0.5, near=0.3, inside=0.8)
    assert merged[0, 0] == pytest.approx(0.09 / 0.9)
    assert merged[0, SCORE] == pytest.approx(0.9)


def test_neighbours_stay_apart_best_first() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.5), (8, 0, 18, 10, 0.8)), overlap=0.5, near=0.3, inside=0.8)
    assert merged[:, SCORE] == pytest.approx([0.8, 0.5])


def test_the_same_face_seen_askew_adds_nothing() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.9), (0, 5, 10, 15, 0.4)), overlap=0.5, near=0.3, inside=0.8)
    assert len(merged) == 1 and merged[0, :4] == pytest.approx([0, 0, 10, 10])


def test_a_box_inside_another_is_dropped() -> None:
    rows = rows_of((0, 0, 30, 30, 0.8), (10, 10, 18, 18, 0.5))
    assert len(merge(rows, overlap=0.5, near=0.3, inside=0.8)) == 1


def test_nothing_in_nothing_out() -> None:
    assert merge(rows_of(), overlap=0.5, near=0.3, inside=0.8).shape == (0, COLUMNS)
