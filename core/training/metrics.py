"""Metrics of the network on validation faces, and the temperature that calibrates its probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from models.label import Label

TEMPERATURES = np.geomspace(0.3, 4.0, 131)


def mean_log_loss(logits: NDArray[np.floating], labels: NDArray[np.int64], temperature: float) -> float:
    """Mean negative log-likelihood of labels (n,) under logits (n, k)."""
    chosen = softmax(logits, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(chosen, 1e-9, 1)).mean())


def best_temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The temperature with the lowest log loss, by grid search (temperature scaling, Guo et al. 2017)."""
    losses = [mean_log_loss(logits, labels, float(temperature)) for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 4)


def expected_calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], *, bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy over bins of confidence, weighted by their counts."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    indices = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(indices, minlength=bins)
    gaps = np.bincount(indices, right, bins) - np.bincount(indices, confidence, bins)
    return float(np.abs(gaps).sum() / counts.sum())


@dataclass(frozen=True, kw_only=True)
class ValidationMetrics:
    """Loss weighted by label, accuracy, and the mean F1 of the labels that occur."""

    loss: float
    accuracy: float
    macro_f1: float


def validate(
    logits: NDArray[np.floating], labels: NDArray[np.int64], weights: NDArray[np.float64]
) -> ValidationMetrics:
    """Metrics of logits (n, 4) for labels (n,); `weights` (4,) are the weights of the labels.

    The loss is taken at the temperature that suits the logits best, because a version is shipped with its own
    temperature: an epoch must not look worse only because it is more or less confident than another.
    """
    probabilities = softmax(logits, best_temperature(logits, labels))
    losses = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-9, 1))
    predicted = probabilities.argmax(axis=1)
    return ValidationMetrics(
        loss=float(np.average(losses, weights=np.maximum(weights[labels], 1e-9))),
        accuracy=float((predicted == labels).mean()),
        macro_f1=_macro_f1(predicted, labels),
    )


def _macro_f1(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    scores = []
    for label in range(len(Label)):
        hits = int(((predicted == label) & (labels == label)).sum())
        actual, claimed = int((labels == label).sum()), int((predicted == label).sum())
        if actual:
            scores.append(2 * hits / (actual + claimed))
    return float(np.mean(scores))
