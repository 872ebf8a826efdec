"""Whether probabilities mean what they say: confidence against the share that is right."""

from dataclasses import dataclass

import numpy as np

from core.evaluation.scored import ScoredFaces

BINS = 10


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Faces whose confidence lies in one tenth."""

    low: float
    high: float
    faces: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The bins, and the gap between confidence and accuracy that is to be expected of a face."""

    expected_error: float | None
    bins: list[ReliabilityBin]


def measure_reliability(scored: ScoredFaces) -> Reliability:
    """Expected calibration error over ten bins of the most probable label's probability (Guo et al. 2017)."""
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
