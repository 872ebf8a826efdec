"""Which pictures are nearly the same: pairs whose two hashes differ in few bits."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: Bits in which the 64-bit perceptual and difference hashes of near-duplicates differ at most.
PERCEPTUAL_BITS = 6
DIFFERENCE_BITS = 8
#: Among one more band than bits may differ, at least one is the same in both hashes.
_BANDS = PERCEPTUAL_BITS + 1
_BAND_BITS = 64 // _BANDS
#: Rows that are compared at once with all of a band's bucket, to bound memory.
_BLOCK = 1024


def near_pairs(hashes: NDArray[np.int64], new: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Yield index pairs (m, 2) of near-duplicates among hashes (n, 2) of which the first is new.

    A pair may come more than once. Columns are the perceptual and the difference hash.
    """
    table = hashes.view(np.uint64)
    for band in range(_BANDS):
        keys = (table[:, 0] >> np.uint64(band * _BAND_BITS)) & np.uint64(2**_BAND_BITS - 1)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, starts):
            yield from _pairs_of(table, bucket, bucket[new[bucket]])


def _pairs_of(
    table: NDArray[np.uint64], bucket: NDArray[np.int64], fresh: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(fresh), _BLOCK):
        rows = fresh[start : start + _BLOCK]
        near = _close(table, rows, bucket, 0, PERCEPTUAL_BITS)
        near &= _close(table, rows, bucket, 1, DIFFERENCE_BITS)
        left, right = np.nonzero(near)
        pairs = np.stack([rows[left], bucket[right]], axis=1)
        yield pairs[pairs[:, 0] != pairs[:, 1]]


def _close(
    table: NDArray[np.uint64], rows: NDArray[np.int64], bucket: NDArray[np.int64], column: int, bits: int
) -> NDArray[np.bool_]:
    return np.bitwise_count(table[rows, column, None] ^ table[None, bucket, column]) <= bits
