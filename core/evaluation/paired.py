"""Two versions on the same faces: which changed, and whether that may be chance."""

from dataclasses import dataclass
from math import comb, erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from core.evaluation.scored import ScoredFaces

#: Up to so many changes the test is exact; beyond, the normal approximation is as good.
_EXACT = 1000


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """McNemar's test of two versions."""

    faces: int
    #: Faces that only the candidate, and that only the champion has right.
    gained: int
    lost: int
    #: How likely as uneven a split of the changes is, were both versions equally good.
    p_value: float


def paired_test(champion: ScoredFaces, candidate: ScoredFaces) -> PairedTest:
    """Compare two versions face by face; ValueError where the faces are not the same."""
    if not np.array_equal(champion.labels, candidate.labels):
        raise ValueError("the two versions were measured on different faces")
    before, after = _right(champion), _right(candidate)
    gained, lost = int((~before & after).sum()), int((before & ~after).sum())
    return PairedTest(faces=len(champion), gained=gained, lost=lost, p_value=mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p-value: exact by the binomial distribution, for many changes by the normal one."""
    changes = gained + lost
    if changes == 0:
        return 1.0
    if changes <= _EXACT:
        tail = sum(comb(changes, count) for count in range(min(gained, lost) + 1))
        return min(1.0, 2 * tail / 2**changes)
    distance = max(0.0, abs(gained - lost) - 1) / sqrt(changes)
    return erfc(distance / sqrt(2))


def _right(scored: ScoredFaces) -> NDArray[np.bool_]:
    return scored.predicted == scored.labels
