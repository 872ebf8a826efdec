"""95% bootstrap intervals of metrics: photos, not faces, are resampled."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import LABELS, ScoredFaces

RESAMPLES = 1000
_AT_ONCE = 50
_CELLS = len(LABELS) ** 2


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric with its interval; None where no face defines it."""

    value: float | None
    low: float | None = None
    high: float | None = None


def resample_confusions(scored: ScoredFaces, *, seed: int = 1) -> NDArray[np.float64]:
    """Confusion matrices of 1000 bootstrap samples of the photos, float64 (1000, 4, 4)."""
    _, photos = np.unique(scored.photos, return_inverse=True)
    count = int(photos.max()) + 1 if len(photos) else 0
    if not count:
        return np.zeros((RESAMPLES, len(LABELS), len(LABELS)))
    cells = scored.labels * len(LABELS) + scored.predicted
    per_photo = np.bincount(photos * _CELLS + cells, minlength=count * _CELLS).reshape(count, _CELLS)
    rng = np.random.default_rng(seed)
    drawn = [
        rng.multinomial(count, np.full(count, 1 / count), size=_AT_ONCE) @ per_photo
        for _ in range(RESAMPLES // _AT_ONCE)
    ]
    return np.concatenate(drawn).reshape(RESAMPLES, len(LABELS), len(LABELS)).astype(np.float64)


def with_intervals(
    measure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    confusion: NDArray[np.int64],
    resampled: NDArray[np.float64],
) -> list[Metric]:
    """The metrics that `measure` gives for `confusion` (4, 4), with intervals over `resampled` (n, 4, 4)."""
    values = np.atleast_1d(measure(confusion.astype(np.float64)))
    drawn = measure(resampled).reshape(len(resampled), -1)
    return [_metric(float(value), column) for value, column in zip(values, drawn.T, strict=True)]


def _metric(value: float, drawn: NDArray[np.float64]) -> Metric:
    if np.isnan(value):
        return Metric(value=None)
    known = drawn[~np.isnan(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (value, value)
    return Metric(value=_rounded(value), low=_rounded(float(low)), high=_rounded(float(high)))


def _rounded(value: float) -> float:
    return round(value, 4)
