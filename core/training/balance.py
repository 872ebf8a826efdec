"""Weights that keep rare labels from being drowned by common ones."""

import numpy as np
from numpy.typing import NDArray

from models.label import Label

#: A label never weighs more than so many times the lightest one.
MOST = 10.0
#: Drawn masks teach the rare label but look drawn: each weighs less than a photo's own.
DRAWN_WEIGHT = 0.5


def label_weights(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each label, float64 (4,), mean 1 over these labels (n,); 0 for a label that does not occur.

    One over the square root of its share: the full inverse makes a handful of faces decide everything.
    """
    counts = np.bincount(labels, minlength=len(Label))
    weights = np.zeros(len(Label))
    there = counts > 0
    weights[there] = counts[there] ** -0.5
    weights[there] = np.minimum(weights[there], MOST * weights[there].min())
    return weights / weights[labels].mean()


def drawing_weights(labels: NDArray[np.int64], drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability of each crop (n,) to be drawn into a batch; sums to 1."""
    weights = label_weights(labels)[labels] * np.where(drawn, DRAWN_WEIGHT, 1.0)
    return weights / weights.sum()
