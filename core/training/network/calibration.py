"""One temperature, so that probabilities mean what they say: fitted on validation crops."""

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax

TEMPERATURES = np.geomspace(0.3, 4.0, 131)


def mean_log_loss(logits: NDArray[np.floating], labels: NDArray[np.int64], temperature: float) -> float:
    """Mean negative log-likelihood of labels (n,) under logits (n, k)."""
    chosen = softmax(logits, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(chosen, 1e-9, 1)).mean())


def best_temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The temperature of least log-loss (Guo et al. 2017, temperature scaling), by search on a grid."""
    losses = [mean_log_loss(logits, labels, float(temperature)) for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 4)


def expected_calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], *, bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy over bins of confidence, weighted by their counts."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(places, minlength=bins)
    gaps = np.bincount(places, right, bins) - np.bincount(places, confidence, bins)
    return float(np.abs(gaps).sum() / counts.sum())
