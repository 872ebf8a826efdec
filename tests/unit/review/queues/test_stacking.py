"""Stacks of near-identical crops."""

import numpy as np

from core.review.queues.stacking import stack_faces
from models import Label


def test_near_hashes_of_one_label_are_stacked_without_chains() -> None:
    base = np.uint64(0x0123_4567_89AB_CDEF)
    hashes = np.array(
        [
            (base, base),
            (base ^ np.uint64(0b11), base),
            (base ^ np.uint64(0b11111), base),
            (base, base ^ np.uint64(0xFF)),
            (base, base),
        ],
        np.uint64,
    )
    groups = [Label.WITH_MASK] * 4 + [Label.INCORRECT]
    # The third is near the second only, which is no leader.
    assert stack_faces(hashes, groups).tolist() == [0, 0, 2, 3, 4]


def test_stacks_equal_those_of_a_search_over_all_pairs() -> None:
    draw = np.random.default_rng(2)
    base = draw.integers(0, 2**63, (40, 2), dtype=np.uint64)
    flips = np.array([1 << bit for bit in draw.integers(0, 64, 200).tolist()], np.uint64)
    hashes = np.repeat(base, 5, axis=0)
    hashes[:, 0] ^= flips
    leaders = stack_faces(hashes, [0] * len(hashes))
    for index in range(len(hashes)):
        differing = np.bitwise_count(hashes[:index] ^ hashes[index])
        near = [i for i in np.flatnonzero((differing <= 3).all(axis=1)) if leaders[i] == i]
        assert leaders[index] == (near[0] if near else index)
