"""Temperature scaling corrects over- and underconfidence."""

import numpy as np
import pytest

from core.detection.classifier import softmax
from core.training.metrics import best_temperature, expected_calibration_error


@pytest.fixture
def honest() -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true probability of each label, and labels sampled from it."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (4000, 4))
    chances = softmax(logits, 1.0)
    return logits, np.array([rng.choice(4, p=row / row.sum()) for row in chances.astype(float)])


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_scaled_logits_are_scaled_back(honest: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    logits, labels = honest
    assert best_temperature(logits * factor, labels) == pytest.approx(factor, rel=0.1)


def test_error_is_small_when_honest_and_large_when_not(honest: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = honest
    assert expected_calibration_error(softmax(logits, 1.0), labels) < 0.03
    assert expected_calibration_error(softmax(logits * 4, 1.0), labels) > 0.1


def test_softmax_of_large_logits_and_of_none() -> None:
    assert softmax(np.array([[1000.0, 0.0]]), 1.0).tolist() == [[1, 0]]
    assert softmax(np.empty((0, 4)), 1.0).shape == (0, 4)
