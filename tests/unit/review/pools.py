"""Pools of faces for tests."""

import numpy as np

from core.review.queues.pool import UNDECIDED, Pool

#: Probabilities of six faces; the fifth has no prediction.
ROWS = (
    (0.9, 0.06, 0.03, 0.01),
    (0.48, 0.46, 0.05, 0.01),
    (0.1, 0.2, 0.65, 0.05),
    (0.6, 0.3, 0.08, 0.02),
    (np.nan, np.nan, np.nan, np.nan),
    (0.05, 0.9, 0.03, 0.02),
)


def pool_of(rows: object = ROWS, **changes: object) -> Pool:
    """A pool of undecided faces with ids from 10; `changes` replaces its arrays."""
    probabilities = np.array(rows, np.float32).reshape(-1, 4)
    count = len(probabilities)
    values = {
        "faces": np.arange(10, 10 + count),
        "probabilities": probabilities,
        "decided": np.full(count, UNDECIDED, np.int8),
        "distance": np.zeros(count, np.float32),
        "flagged": np.zeros(count, bool),
        "waiting": np.zeros(count, bool),
    }
    return Pool(**(values | changes))
