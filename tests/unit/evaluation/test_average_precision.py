"""Average precision on small examples computed by hand."""

import numpy as np
import pytest

from core.evaluation.average_precision import Matches, PhotoBoxes, SizeRange, average_precision, match

ALL = SizeRange()


def photo(truth: list[list[float]], detected: list[list[float]], scores: list[float]) -> PhotoBoxes:
    return PhotoBoxes(
        truth=np.array(truth, float).reshape(-1, 4),
        detected=np.array(detected, float).reshape(-1, 4),
        scores=np.array(scores, float),
    )


A, B, FAR = [0, 0, 40, 40], [100, 100, 140, 140], [300, 300, 340, 340]


def test_perfect_detection_is_one() -> None:
    found = average_precision([match(photo([A, B], [A, B], [0.9, 0.8]), ALL)])
    assert (found.average, found.recall, found.truth) == (1, 1, 2)


def test_false_alarm_above_a_hit_costs_by_the_envelope() -> None:
    # Precision after each: 1, 1/2, 2/3; the envelope over the second recall step is 2/3.
    found = average_precision([match(photo([A, B], [A, FAR, B], [0.9, 0.8, 0.7]), ALL)])
    assert found.average == pytest.approx((1 + 2 / 3) / 2)


def test_second_detection_of_a_face_is_a_false_alarm() -> None:
    matches = match(photo([A], [A, [1, 0, 41, 40]], [0.8, 0.9]), ALL)
    assert matches.hits.tolist() == [True, False]


def test_too_little_overlap_is_a_miss() -> None:
    found = average_precision([match(photo([A], [[21, 0, 61, 40]], [0.9]), ALL)])
    assert (found.average, found.recall) == (0, 0)


def test_missed_face_lowers_recall() -> None:
    found = average_precision([match(photo([A, B], [A], [0.9]), ALL)])
    assert (found.average, found.recall) == (0.5, 0.5)


def test_other_sizes_are_left_out_not_counted_as_mistakes() -> None:
    small, large = [0, 0, 10, 10], B
    sizes = SizeRange(smallest=32)
    matches = match(photo([small, large], [small, large, [200, 0, 210, 10]], [0.9, 0.8, 0.95]), sizes)
    assert matches.hits.tolist() == [True]
    assert matches.truth == 1


def test_a_false_alarm_of_counted_size_counts() -> None:
    matches = match(photo([], [FAR], [0.9]), SizeRange(smallest=32))
    assert matches.hits.tolist() == [False]


def test_photos_are_pooled_by_score() -> None:
    one = Matches(scores=np.array([0.2]), hits=np.array([True]), truth=1)
    other = Matches(scores=np.array([0.9]), hits=np.array([False]), truth=1)
    assert average_precision([one, other]).average == pytest.approx(0.5 / 2)


def test_nothing_to_find_is_not_a_number() -> None:
    assert np.isnan(average_precision([match(photo([], [], []), ALL)]).average)
