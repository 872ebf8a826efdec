"""Group near-identical crops that a reviewer may decide together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Bits in which both 64-bit hashes of two crops differ at most; beyond, a mask may have been pulled down.
NEAR_BITS = 3


def stack_faces(hashes: NDArray[np.uint64], groups: Sequence[object]) -> NDArray[np.int64]:
    """For each face the index of the one that stands for its stack, its own where nothing is near.

    `hashes` are uint64 (n, 2): perceptual and difference hash. Only faces of one group (predicted label)
    are stacked, and only on a first face: two faces of a stack differ from the same one, never through a
    chain. Faces are looked at in blocks of equal first, second ... quarter of the perceptual hash: of
    hashes that differ in three bits at most, one quarter is equal.
    """
    leaders = np.arange(len(hashes))
    buckets: dict[tuple[object, int, int], list[int]] = {}
    for index, (perceptual, _) in enumerate(hashes):
        keys = [(groups[index], part, int(perceptual >> np.uint64(16 * part)) & 0xFFFF) for part in range(4)]
        near = _nearest(hashes, index, {one for key in keys for one in buckets.get(key, ())})
        if near is not None:
            leaders[index] = near
            continue
        for key in keys:
            buckets.setdefault(key, []).append(index)
    return leaders


def _nearest(hashes: NDArray[np.uint64], index: int, others: set[int]) -> int | None:
    """The first of `others` within reach in both hashes."""
    if not others:
        return None
    candidates = np.array(sorted(others))
    differing = np.bitwise_count(hashes[candidates] ^ hashes[index])
    near = candidates[(differing <= NEAR_BITS).all(axis=1)]
    return int(near[0]) if len(near) else None
