"""Precision-recall curves, and reliability: confidence against accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import LABELS, ScoredFaces

#: Most points of a stored curve.
_POINTS = 60
BINS = 10


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A precision-recall curve as points of falling threshold, and its average precision."""

    label: str
    recall: list[float]
    precision: list[float]
    average: float


def precision_recall_curves(scored: ScoredFaces) -> list[Curve]:
    """One curve for every label with faces that the version predicts."""
    return [
        _curve(label.value, scored.probabilities[:, place], scored.labels == place)
        for place, label in enumerate(LABELS)
        if (scored.labels == place).any() and label not in scored.unpredicted
    ]


def _curve(label: str, scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Curve:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    # Faces with equal scores are above or below every threshold together.
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


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """The faces with a confidence between two tenths; the means are None without faces."""

    low: float
    high: float
    faces: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Expected calibration error and the bins it is computed from."""

    expected_error: float | None
    bins: list[ReliabilityBin]


def measure_reliability(scored: ScoredFaces) -> Reliability:
    """Expected calibration error over ten bins of the highest probability of each face (Guo et al. 2017)."""
    confidence, right = scored.probabilities.max(axis=1), scored.predicted == scored.labels
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins, gap = [], 0.0
    for place in range(BINS):
        inside = places == place
        faces = int(inside.sum())
        sure = float(confidence[inside].mean()) if faces else None
        share = float(right[inside].mean()) if faces else None
        if sure is not None and share is not None:
            gap += faces * abs(sure - share)
        bins.append(
            ReliabilityBin(
                low=place / BINS,
                high=(place + 1) / BINS,
                faces=faces,
                confidence=None if sure is None else round(sure, 4),
                accuracy=None if share is None else round(share, 4),
            )
        )
    return Reliability(expected_error=round(gap / len(scored), 4) if len(scored) else None, bins=bins)
