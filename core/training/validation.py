"""The figures of a network on validation faces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.training.network.calibration import best_temperature
from models.label import Label


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Loss weighted by label, accuracy, and the mean F1 of the labels that occur."""

    loss: float
    accuracy: float
    macro_f1: float


def validate(
    logits: NDArray[np.floating], labels: NDArray[np.int64], weights: NDArray[np.float64]
) -> Validation:
    """Figures of logits (n, 4) for labels (n,); `weights` (4,) are those of the labels.

    The loss is that at the temperature which suits the logits best, since a version is shipped with it: an
    epoch must not seem worse for being less or more sure of itself than another.
    """
    probabilities = softmax(logits, best_temperature(logits, labels))
    losses = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-9, 1))
    answers = probabilities.argmax(axis=1)
    return Validation(
        loss=float(np.average(losses, weights=np.maximum(weights[labels], 1e-9))),
        accuracy=float((answers == labels).mean()),
        macro_f1=_macro_f1(answers, labels),
    )


def _macro_f1(answers: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    scores = []
    for label in range(len(Label)):
        hits = int(((answers == label) & (labels == label)).sum())
        present, said = int((labels == label).sum()), int((answers == label).sum())
        if present:
            scores.append(2 * hits / (present + said))
    return float(np.mean(scores))
