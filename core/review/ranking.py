"""Orders of faces by what a decision on them is worth: indexes into a pool, the most worthwhile first."""

import numpy as np
from numpy.typing import NDArray

from core.review.pool import LABELS, UNDECIDED, Pool
from models import Label

Order = NDArray[np.int64]

#: A face that is this improbable to have the rare label is not shown for it.
_LEAST_RARE = 0.05


def uncertain(pool: Pool) -> Order:
    """Smallest gap between the two likeliest labels first."""
    chosen = np.flatnonzero(pool.fresh & pool.judged)
    two = np.sort(pool.probabilities[chosen], axis=1)[:, -2:]
    return chosen[np.argsort(two[:, 1] - two[:, 0], kind="stable")]


def disagreement(pool: Pool) -> Order:
    """Faces to which another version gives another label, the greatest distance first."""
    chosen = np.flatnonzero(pool.fresh & (pool.distance > 0))
    return chosen[np.argsort(-pool.distance[chosen], kind="stable")]


def rare(pool: Pool, label: Label) -> Order:
    """The likeliest to have the rare label first."""
    chance = np.nan_to_num(pool.probabilities[:, LABELS.index(label)])
    chosen = np.flatnonzero(pool.fresh & (chance >= _LEAST_RARE))
    return chosen[np.argsort(-chance[chosen], kind="stable")]


def rarest_label(counts: dict[Label, int]) -> Label:
    """The label of a face that the fewest decided faces have; `incorrect` where that is open."""
    candidates = (Label.INCORRECT, Label.WITHOUT_MASK, Label.WITH_MASK)
    return min(candidates, key=lambda label: counts.get(label, 0))


def by_chance(pool: Pool, seed: int) -> Order:
    """Drawn at random; the same seed draws the same from the same faces."""
    return np.random.default_rng(seed).permutation(np.flatnonzero(pool.fresh))


def in_order(pool: Pool) -> Order:
    """As they came."""
    return np.flatnonzero(pool.fresh)


def flagged(pool: Pool) -> Order:
    """Flagged faces, decided or not."""
    return np.flatnonzero(pool.flagged & ~pool.waiting)


def again(pool: Pool) -> Order:
    """Decided faces, those first that the classifier holds for something else with most certainty."""
    chosen = np.flatnonzero((pool.decided != UNDECIDED) & ~pool.waiting)
    own = pool.probabilities[chosen, pool.decided[chosen]]
    return chosen[np.argsort(np.nan_to_num(own, nan=0.5), kind="stable")]
