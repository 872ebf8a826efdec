"""Group near-identical crops, which a reviewer may decide together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Largest Hamming distance of both 64-bit hashes within a stack; beyond it, a mask may have been pulled down.
NEAR_BITS = 3


def stack_faces(hashes: NDArray[np.uint64], groups: Sequence[object]) -> NDArray[np.int64]:
    """For each face, the index of the leader of its stack, int64 (n,); a face without near ones leads itself.

    `hashes` are uint64 (n, 2): perceptual and difference hash. Faces are stacked only within a group (a
    predicted label), and each is compared with leaders, so that stacks do not grow through chains. Candidates
    share a quarter of the perceptual hash: hashes that differ in at most three bits agree in one quarter.
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
    """The first of `others` within NEAR_BITS in both hashes; None if there is none."""
    if not others:
        return None
    candidates = np.array(sorted(others))
    differing = np.bitwise_count(hashes[candidates] ^ hashes[index])
    near = candidates[(differing <= NEAR_BITS).all(axis=1)]
    return int(near[0]) if len(near) else None
