"""Which pictures are nearly the same: pairs whose two hashes differ in few bits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """Bits in which the 64-bit perceptual and difference hashes of near-duplicates differ at most."""

    perceptual: int
    difference: int


PHOTOS = Nearness(perceptual=6, difference=8)
#: Two crops of one face; pairs further apart mostly show two people.
FACES = Nearness(perceptual=8, difference=10)
#: Rows that are compared at once with all of a band's bucket, to bound memory.
_BLOCK = 1024


def near_pairs(
    hashes: NDArray[np.int64], new: NDArray[np.bool_], near: Nearness
) -> Iterator[NDArray[np.int64]]:
    """Yield index pairs (m, 2) of near-duplicates among hashes (n, 2) of which the first is new.

    A pair may come more than once. Columns are the perceptual and the difference hash. Cut into one more
    band than bits may differ, two perceptual hashes have at least one band in common: only what shares a
    band is compared.
    """
    table, bands = hashes.view(np.uint64), near.perceptual + 1
    width = 64 // bands
    for band in range(bands):
        keys = (table[:, 0] >> np.uint64(band * width)) & np.uint64(2**width - 1)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, starts):
            yield from _pairs_of(table, bucket, bucket[new[bucket]], near)


def _pairs_of(
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
