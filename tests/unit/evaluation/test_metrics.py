"""Metrics against values computed by hand or known from theory."""

import numpy as np
import pytest

from core.evaluation.confusion import ScoredFaces
from core.evaluation.curves import measure_reliability
from core.evaluation.metrics import compute_metrics
from core.evaluation.slices import Slice


def scored(labels: list[int], predicted: list[int], confidence: float = 0.7) -> ScoredFaces:
    probabilities = np.full((len(labels), 4), (1 - confidence) / 3)
    probabilities[np.arange(len(labels)), predicted] = confidence
    return ScoredFaces(probabilities=probabilities, labels=np.array(labels), photos=np.arange(len(labels)))


# Truth: six with mask, three without, one incorrect. Three mistakes.
LABELS = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]
PREDICTED = [0, 0, 0, 0, 0, 1, 1, 1, 0, 0]


def test_metrics_computed_by_hand() -> None:
    metrics = compute_metrics(scored(LABELS, PREDICTED))
    assert metrics.accuracy.value == 0.7
    by_label = {each.label: each for each in metrics.labels}
    assert by_label["with_mask"].precision.value == pytest.approx(5 / 7, abs=1e-4)
    assert by_label["with_mask"].recall.value == pytest.approx(5 / 6, abs=1e-4)
    assert by_label["without_mask"].f1.value == pytest.approx(2 / 3, abs=1e-4)
    # Nothing was called incorrect, and no face is not one.
    assert by_label["incorrect"].precision.value is None
    assert (by_label["incorrect"].recall.value, by_label["incorrect"].f1.value) == (0.0, 0.0)
    assert by_label["not_a_face"].recall.value is None
    assert metrics.macro_f1.value == pytest.approx((10 / 13 + 2 / 3 + 0) / 3, abs=1e-4)
    assert metrics.confusion == [[5, 1, 0, 0], [1, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_intervals_agree_with_the_binomial_distribution() -> None:
    """Accuracy 0.9 of 400 independent faces: the 95 % interval is 0.9 +- 0.029."""
    labels = [0] * 400
    metric = compute_metrics(scored(labels, [1] * 40 + [0] * 360)).accuracy
    assert metric.low == pytest.approx(0.871, abs=0.006)
    assert metric.high == pytest.approx(0.929, abs=0.006)


def test_faces_of_one_photo_widen_the_interval() -> None:
    labels, predicted = [0] * 400, [1] * 40 + [0] * 360
    single = compute_metrics(scored(labels, predicted)).accuracy
    grouped = ScoredFaces(
        probabilities=scored(labels, predicted).probabilities,
        labels=np.array(labels),
        photos=np.arange(400) // 20,
    )
    together = compute_metrics(grouped).accuracy
    assert together.high - together.low > 2 * (single.high - single.low)


def test_curves_end_at_full_recall() -> None:
    faces = ScoredFaces(
        probabilities=np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.7, 0.3, 0, 0], [0.2, 0.8, 0, 0]]),
        labels=np.array([0, 0, 1, 1]),
        photos=np.arange(4),
    )
    curve = compute_metrics(faces).curves[0]
    assert (curve.recall, curve.precision) == ([0.5, 0.5, 1.0, 1.0], [1.0, 0.5, 0.6667, 0.5])
    assert curve.average == pytest.approx(0.5 * 1 + 0.5 * 2 / 3, abs=1e-4)


def test_no_calibration_error_where_confidence_equals_accuracy() -> None:
    faces = scored([0] * 100, [0] * 75 + [1] * 25, confidence=0.75)
    reliability = measure_reliability(faces)
    assert reliability.expected_error == pytest.approx(0, abs=1e-9)
    (filled,) = [each for each in reliability.bins if each.faces]
    assert (filled.low, filled.faces, filled.accuracy) == (0.7, 100, 0.75)
    assert measure_reliability(scored([0] * 100, [0] * 50 + [1] * 50, 0.9)).expected_error == 0.4


def test_slices_have_metrics_of_their_own() -> None:
    chosen = np.array([True] * 6 + [False] * 4)
    (part,) = compute_metrics(
        scored(LABELS, PREDICTED), [Slice(by="size", name="large", chosen=chosen)]
    ).parts
    assert (part.faces, part.accuracy.value) == (6, pytest.approx(5 / 6, abs=1e-4))
    assert part.recall == {
        "with_mask": pytest.approx(5 / 6, abs=1e-4),
        "without_mask": None,
        "incorrect": None,
        "not_a_face": None,
    }
