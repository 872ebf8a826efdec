"""Pairs of photos that must stay in one split: near-duplicates by their hashes, and bursts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """The most bits in which the 64-bit perceptual and difference hashes of near-duplicates differ."""

    perceptual: int
    difference: int


PHOTOS = Nearness(perceptual=6, difference=8)
#: For two crops of one face; beyond these limits most pairs show two people.
FACES = Nearness(perceptual=8, difference=10)
#: Faces smaller than this, in pixels, or with a lower score have near hashes without being the same face.
SMALLEST_HASHED_FACE = 32.0
LOWEST_HASHED_SCORE = 0.6
#: Longest pause between two photos of a burst.
BURST_PAUSE = timedelta(seconds=3)
#: The most bits in which the perceptual hashes of a burst differ; unrelated photos differ in about 32 of 64.
BURST_BITS = 20
#: Rows compared at once with a whole bucket, to bound memory.
_BLOCK = 1024
_64_BITS = 2**64 - 1


def near_pairs(
    hashes: NDArray[np.int64], new: NDArray[np.bool_], near: Nearness
) -> Iterator[NDArray[np.int64]]:
    """Yield index pairs (m, 2) of near-duplicates among hashes (n, 2), the first of each pair a new one.

    `hashes` holds perceptual and difference hashes, `new` is (n,). A pair may occur more than once.

    Each perceptual hash is cut into one band more than the number of bits that may differ, so two near
    hashes share at least one band: only hashes that share a band are compared.
    """
    table, bands = hashes.view(np.uint64), near.perceptual + 1
    width = 64 // bands
    for band in range(bands):
        keys = (table[:, 0] >> np.uint64(band * width)) & np.uint64(2**width - 1)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, starts):
            yield from _bucket_pairs(table, bucket, bucket[new[bucket]], near)


def burst_pairs(taken: Sequence[str | None], phashes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Index pairs of successive photos of a burst; `taken` holds ISO times, None where unknown."""
    known = sorted((datetime.fromisoformat(time), index) for index, time in enumerate(taken) if time)
    for (before, first), (after, second) in pairwise(known):
        differing = ((phashes[first] ^ phashes[second]) & _64_BITS).bit_count()
        if after - before <= BURST_PAUSE and differing <= BURST_BITS:
            yield first, second


def _bucket_pairs(
    table: NDArray[np.uint64], bucket: NDArray[np.int64], fresh: NDArray[np.int64], near: Nearness
) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(fresh), _BLOCK):
        rows = fresh[start : start + _BLOCK]
        close = _close(table, rows, bucket, 0, near.perceptual)
        close &= _close(table, rows, bucket, 1, near.difference)
        left, right = np.nonzero(close)
        pairs = np.stack([rows[left], bucket[right]], axis=1)
        yield pairs[pairs[:, 0] != pairs[:, 1]]


def _close(
    table: NDArray[np.uint64], rows: NDArray[np.int64], bucket: NDArray[np.int64], column: int, bits: int
) -> NDArray[np.bool_]:
    return np.bitwise_count(table[rows, column, None] ^ table[None, bucket, column]) <= bits
