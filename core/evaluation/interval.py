"""95 % intervals of figures, by drawing photos anew."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.scored import LABELS, ScoredFaces

RESAMPLES = 1000
_AT_ONCE = 50
_CELLS = len(LABELS) ** 2


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with its interval; None where there is nothing to measure."""

    value: float | None
    low: float | None = None
    high: float | None = None


def resample_confusions(scored: ScoredFaces, *, seed: int = 1) -> NDArray[np.float64]:
    """Confusion counts (1000, 4, 4) of photos drawn with replacement, as many as there are."""
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


def figures_of(
    measure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    confusion: NDArray[np.int64],
    resampled: NDArray[np.float64],
) -> list[Figure]:
    """What `measure` gives for the confusion itself, each with the interval over the resampled ones."""
    values = np.atleast_1d(measure(confusion.astype(np.float64)))
    drawn = measure(resampled).reshape(len(resampled), -1)
    return [_figure(float(value), column) for value, column in zip(values, drawn.T, strict=True)]


def _figure(value: float, drawn: NDArray[np.float64]) -> Figure:
    if np.isnan(value):
        return Figure(value=None)
    known = drawn[~np.isnan(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (value, value)
    return Figure(value=_rounded(value), low=_rounded(float(low)), high=_rounded(float(high)))


def _rounded(value: float) -> float:
    return round(value, 4)
