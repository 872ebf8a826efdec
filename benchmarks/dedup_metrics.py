"""Recall and precision of a duplicate search on a folder of `benchmarks.near_duplicates`."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.near_duplicates import CHANGES, TWINS, UNCHANGED, change_of, origin_of

#: Correlation, over small shifts, above which two originals show the same picture. The data contains copies;
#: such pairs count neither as right nor as wrong. The value was chosen by checking 400 pairs by eye.
_SAME_PICTURE = 0.93
_SIDE = 128
_SHIFT = 8
#: The data contains crops too: relative sizes at which one photo is searched in another.
_SHARES = tuple(1.04**-step for step in range(24))

Pair = tuple[str, str]


class Judge:
    """Decides whether two files show the same picture."""

    def __init__(self, folder: Path) -> None:
        self._paths = {
            origin_of(path.name): path for path in folder.iterdir() if change_of(path.name) == UNCHANGED
        }
        self._small = cache(self._read)
        self._shaped = cache(self._read_shaped)
        self._same = cache(self._correlate)

    def is_right(self, pair: Pair) -> bool | None:
        """Whether both files come from one original; None if their originals show the same picture."""
        first, second = sorted(map(origin_of, pair))
        if first == second:
            return True
        return None if self._same(first, second) >= _SAME_PICTURE else False

    def _read(self, origin: int) -> NDArray[np.float32]:
        grey = cv2.imread(str(self._paths[origin]), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        return cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)

    def _correlate(self, first: int, second: int) -> float:
        inner = self._small(first)[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
        as_wholes = float(cv2.matchTemplate(self._small(second), inner, cv2.TM_CCOEFF_NORMED).max())
        if as_wholes >= _SAME_PICTURE:
            return as_wholes
        pictures = self._shaped(first), self._shaped(second)
        return max(_correlate_part(part, whole) for part, whole in (pictures, pictures[::-1]))

    def _read_shaped(self, origin: int) -> NDArray[np.float32]:
        """Grey picture with a longer side of `_SIDE` pixels."""
        grey = cv2.imread(str(self._paths[origin]), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        scale = _SIDE / max(grey.shape)
        return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)


def _correlate_part(part: NDArray[np.float32], whole: NDArray[np.float32]) -> float:
    """Best correlation of one picture with any part of another, mirrored or not, over all sizes."""
    best = -1.0
    for share in _SHARES:
        small = cv2.resize(part, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)[2:-2, 2:-2]
        if small.shape[0] <= whole.shape[0] and small.shape[1] <= whole.shape[1]:
            for turned in (small, np.ascontiguousarray(small[:, ::-1])):
                best = max(best, float(cv2.matchTemplate(whole, turned, cv2.TM_CCOEFF_NORMED).max()))
    return best


def recall_by_change(pairs: Iterable[Pair], folder: Path) -> dict[str, float]:
    """Share of the changed photos that were grouped with their original, by change."""
    found = Counter(
        change_of(other)
        for pair in pairs
        for one, other in (pair, pair[::-1])
        if origin_of(one) == origin_of(other) and change_of(one) == UNCHANGED
    )
    made = Counter(change_of(path.name) for path in folder.iterdir())
    return {change: found[change] / made[change] for change in CHANGES}


def precision(pairs: Iterable[Pair], judge: Judge, *, twins_only: bool) -> tuple[float, int]:
    """Share of right pairs, number of wrong ones; `twins_only`: changes of size and compression only."""
    wanted = {UNCHANGED, *TWINS} if twins_only else {UNCHANGED, *CHANGES}
    verdicts = Counter(
        judge.is_right(pair)
        for pair in pairs
        if change_of(pair[0]) in wanted and change_of(pair[1]) in wanted
    )
    return verdicts[True] / max(1, verdicts[True] + verdicts[False]), verdicts[False]
