"""Accuracy, precision, recall and F1 from counts of truth against prediction."""

import numpy as np
from numpy.typing import NDArray

from core.evaluation.scored import LABELS, ScoredFaces

Counts = NDArray[np.floating] | NDArray[np.int64]


def count_confusion(scored: ScoredFaces) -> NDArray[np.int64]:
    """Faces by true (row) and predicted (column) label, (4, 4)."""
    places = scored.labels * len(LABELS) + scored.predicted
    return np.bincount(places, minlength=len(LABELS) ** 2).reshape(len(LABELS), len(LABELS))


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Share of faces on the diagonal of (..., 4, 4); NaN without faces."""
    with np.errstate(invalid="ignore"):
        return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def precision(confusion: Counts) -> NDArray[np.float64]:
    """Share that is right of what each label was predicted for, (..., 4); NaN where it never was."""
    with np.errstate(invalid="ignore"):
        return np.diagonal(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=-2)


def recall(confusion: Counts) -> NDArray[np.float64]:
    """Share of each label that is found, (..., 4); NaN where there is no such face."""
    with np.errstate(invalid="ignore"):
        return np.diagonal(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=-1)


def f1(confusion: Counts) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall, (..., 4); NaN where there is no such face."""
    with np.errstate(invalid="ignore", divide="ignore"):
        hits = np.diagonal(confusion, axis1=-2, axis2=-1)
        found = 2 * hits / (confusion.sum(axis=-1) + confusion.sum(axis=-2))
    return np.where(confusion.sum(axis=-1) > 0, found, np.nan)


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Mean F1 over the labels that occur, (...); NaN without faces."""
    of_labels = f1(confusion)
    known = ~np.isnan(of_labels)
    with np.errstate(invalid="ignore"):
        return np.where(known, of_labels, 0).sum(axis=-1) / known.sum(axis=-1)
