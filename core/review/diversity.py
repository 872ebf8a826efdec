"""Faces that look unlike each other: each next one is the farthest from all chosen so far."""

import numpy as np
from numpy.typing import NDArray


def farthest_first(embeddings: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Indexes of up to `count` rows of (n, d), by cosine distance; k-centre greedy, Gonzalez 1985.

    The first one is the farthest from the mean.
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
