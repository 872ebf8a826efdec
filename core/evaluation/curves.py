"""Precision against recall of each label, as the threshold on its probability falls."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.scored import LABELS, ScoredFaces

#: Points that a drawn curve has at most.
_POINTS = 60


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points of falling threshold, and the average precision under the whole curve."""

    label: str
    recall: list[float]
    precision: list[float]
    average: float


def precision_recall_curves(scored: ScoredFaces) -> list[Curve]:
    """A curve for every label that occurs."""
    return [
        _curve(label.value, scored.probabilities[:, place], scored.labels == place)
        for place, label in enumerate(LABELS)
        if (scored.labels == place).any()
    ]


def _curve(label: str, scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Curve:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    # Faces of one score stand or fall together.
    last = np.append(np.diff(scores[order]) != 0, True)
    recall = hits[last] / truth.sum()
    precision = hits[last] / (np.flatnonzero(last) + 1)
    average = float((np.diff(recall, prepend=0) * precision).sum())
    chosen = np.unique(np.linspace(0, len(recall) - 1, _POINTS).round().astype(int))
    return Curve(
        label=label,
        recall=[round(float(value), 4) for value in recall[chosen]],
        precision=[round(float(value), 4) for value in precision[chosen]],
        average=round(average, 4),
    )
