"""Scored test faces, their confusion matrix, and accuracy, precision, recall and F1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Label

LABELS = tuple(Label)
Counts = NDArray[np.floating] | NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ScoredFaces:
    """Test faces with the probabilities of a version; ValueError where the shapes of the arrays differ."""

    #: Calibrated, (n, 4) float64 in the order of `Label`.
    probabilities: NDArray[np.float64]
    #: Indices into `Label`, (n,) int64.
    labels: NDArray[np.int64]
    #: Photo of each face, (n,) int64: faces of one photo are not independent, so intervals resample photos.
    photos: NDArray[np.int64]
    #: Labels that the version does not predict; their probabilities are 0.
    unpredicted: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.probabilities.shape != (count, len(LABELS)) or self.photos.shape != (count,):
            raise ValueError("probabilities, labels and photos differ in length")

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable label of each face, (n,)."""
        return self.probabilities.argmax(axis=1)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "ScoredFaces":
        return ScoredFaces(
            probabilities=self.probabilities[chosen],
            labels=self.labels[chosen],
            photos=self.photos[chosen],
            unpredicted=self.unpredicted,
        )


def count_confusion(scored: ScoredFaces) -> NDArray[np.int64]:
    """Faces by true (row) and predicted (column) label, (4, 4)."""
    cells = scored.labels * len(LABELS) + scored.predicted
    return np.bincount(cells, minlength=len(LABELS) ** 2).reshape(len(LABELS), len(LABELS))


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Share of correct predictions of (..., 4, 4); NaN without faces."""
    with np.errstate(invalid="ignore"):
        return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def precision(confusion: Counts) -> NDArray[np.float64]:
    """Precision of each label, (..., 4); NaN for a label that was never predicted."""
    with np.errstate(invalid="ignore"):
        return np.diagonal(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=-2)


def recall(confusion: Counts) -> NDArray[np.float64]:
    """Recall of each label, (..., 4); NaN for a label without faces."""
    with np.errstate(invalid="ignore"):
        return np.diagonal(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=-1)


def f1(confusion: Counts) -> NDArray[np.float64]:
    """F1 of each label, (..., 4); NaN for a label without faces."""
    with np.errstate(invalid="ignore", divide="ignore"):
        hits = np.diagonal(confusion, axis1=-2, axis2=-1)
        found = 2 * hits / (confusion.sum(axis=-1) + confusion.sum(axis=-2))
    return np.where(confusion.sum(axis=-1) > 0, found, np.nan)


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Mean F1 over the labels with faces, (...); NaN without any."""
    of_labels = f1(confusion)
    known = ~np.isnan(of_labels)
    with np.errstate(invalid="ignore"):
        return np.where(known, of_labels, 0).sum(axis=-1) / known.sum(axis=-1)
