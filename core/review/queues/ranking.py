"""Choose the faces of a queue: rank the pool by each reason, then mix the rankings by their shares.

An order is an array of indexes into the pool, int64 (k,).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.review.options import QueueOptions
from core.review.queues.pool import LABELS, Pool
from models import Label, ReviewReason

Order = NDArray[np.int64]
#: Lowest probability of the rare label for which a face is shown.
MIN_RARE_PROBABILITY = 0.05


def uncertain(pool: Pool) -> Order:
    """Smallest margin between the two most probable labels first."""
    chosen = np.flatnonzero(pool.fresh & pool.predicted)
    two = np.sort(np.nan_to_num(pool.probabilities[chosen], nan=-1.0), axis=1)[:, -2:]
    return chosen[np.argsort(two[:, 1] - two[:, 0], kind="stable")]


def disagreement(pool: Pool) -> Order:
    """Faces for which another version predicts another label, greatest distance first."""
    chosen = np.flatnonzero(pool.fresh & (pool.distance > 0))
    return chosen[np.argsort(-pool.distance[chosen], kind="stable")]


def rare(pool: Pool, label: Label) -> Order:
    """Highest probability of the rare label first."""
    probability = np.nan_to_num(pool.probabilities[:, LABELS.index(label)])
    chosen = np.flatnonzero(pool.fresh & (probability >= MIN_RARE_PROBABILITY))
    return chosen[np.argsort(-probability[chosen], kind="stable")]


def rarest_label(counts: dict[Label, int]) -> Label:
    """The mask label with the fewest decided faces; `incorrect` if it ties."""
    candidates = (Label.INCORRECT, Label.WITHOUT_MASK, Label.WITH_MASK)
    return min(candidates, key=lambda label: counts.get(label, 0))


def in_random_order(pool: Pool, seed: int) -> Order:
    """Random order; the same for the same seed and pool."""
    return np.random.default_rng(seed).permutation(np.flatnonzero(pool.fresh))


def in_order(pool: Pool) -> Order:
    """In the order of face ids."""
    return np.flatnonzero(pool.fresh)


def flagged(pool: Pool) -> Order:
    """Flagged faces, decided or not, in the order of face ids."""
    return np.flatnonzero(pool.flagged & ~pool.waiting)


def decided_before(pool: Pool) -> Order:
    """Decided faces, lowest predicted probability of the decided label first."""
    chosen = np.flatnonzero(pool.labelled & ~pool.waiting)
    own = pool.probabilities[chosen, pool.decided[chosen]]
    return chosen[np.argsort(np.nan_to_num(own, nan=0.5), kind="stable")]


def farthest_first(embeddings: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Indexes of up to `count` rows of (n, d) that differ most, by cosine distance.

    Greedy k-centre (Gonzalez 1985), starting with the row farthest from the mean.
    """
    total = len(embeddings)
    if not total or count < 1:
        return np.empty(0, np.int64)
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9)
    nearest = 1 - unit @ _unit(unit.mean(axis=0))
    chosen = [int(np.argmax(nearest))]
    nearest = 1 - unit @ unit[chosen[0]]
    while len(chosen) < min(count, total):
        nearest[chosen[-1]] = -np.inf
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, 1 - unit @ unit[chosen[-1]])
    return np.array(chosen, np.int64)


def _unit(vector: NDArray[np.floating]) -> NDArray[np.floating]:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A chosen face: its index in the pool, and the reason for which it was chosen."""

    index: int
    reason: ReviewReason


def mix(orders: Mapping[ReviewReason, Order], shares: Mapping[ReviewReason, int], limit: int) -> list[Chosen]:
    """Up to `limit` faces, mixed so that each prefix of the list has the shares as closely as possible.

    An order that runs out leaves its share to the others. A face in two orders counts for the one that
    supplies it first.
    """
    remaining = {reason: iter(orders[reason].tolist()) for reason in shares}
    taken, counts = set[int](), dict.fromkeys(shares, 0)
    mixed: list[Chosen] = []
    while remaining and len(mixed) < limit:
        # The order that is farthest behind its share is next.
        reason = min(remaining, key=lambda one: (counts[one] + 1) / shares[one])
        index = next((index for index in remaining[reason] if index not in taken), None)
        if index is None:
            del remaining[reason]
            continue
        taken.add(index)
        counts[reason] += 1
        mixed.append(Chosen(index=index, reason=reason))
    return mixed


#: Picks diverse faces, given the pool, the candidates and the number wanted.
Diversify = Callable[[Pool, Order, int], Order]
#: Candidates embedded for each diverse face wanted, and at most in all.
_CANDIDATES, _MOST_CANDIDATES = 5, 4_000


def choose_faces(
    pool: Pool,
    options: QueueOptions,
    *,
    seed: int,
    counts: Mapping[Label, int],
    diversify: Diversify,
    errors: Order,
) -> list[Chosen]:
    """The faces of a queue, in order.

    `counts` are decided faces by label; `errors` are likely label errors of the pool, most likely first.
    """
    orders = {
        reason: errors
        if reason is ReviewReason.LABEL_ERROR
        else _order(reason, pool, options, seed, counts, diversify)
        for reason in options.shares
    }
    return mix(orders, options.shares, options.limit)


def _order(
    reason: ReviewReason,
    pool: Pool,
    options: QueueOptions,
    seed: int,
    counts: Mapping[Label, int],
    diversify: Diversify,
) -> Order:
    match reason:
        case ReviewReason.UNCERTAIN:
            return uncertain(pool)
        case ReviewReason.DISAGREEMENT:
            return disagreement(pool)
        case ReviewReason.RARE:
            return rare(pool, rarest_label(dict(counts)))
        case ReviewReason.DIVERSE:
            wanted = options.limit * options.shares[reason] // 100 + 1
            candidates = in_random_order(pool, seed)[: min(_CANDIDATES * wanted, _MOST_CANDIDATES)]
            return diversify(pool, candidates, wanted)
        case ReviewReason.AUDIT:
            return in_random_order(pool, seed + 1)
        case ReviewReason.FLAGGED:
            return flagged(pool)
        case ReviewReason.AGAIN:
            return decided_before(pool)
        case _:
            return in_order(pool)
