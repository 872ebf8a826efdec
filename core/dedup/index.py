"""Find all 64-bit hashes within a distance, exactly: multi-index hashing on sorted NumPy arrays.

M. Norouzi, A. Punjani, D. Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: A hash is cut into so many parts of 16 bits. Of two hashes at distance d, one part differs by at most
#: d // 4 bits, so that looking up all parts within that distance misses nothing.
_PARTS = 4
_PART_BITS = np.uint64(16)
_PART_VALUES = 1 << 16
#: Entries compared at a time: bounds the memory whatever is asked for.
_COMPARED_AT_ONCE = 1 << 21
#: Queries whose looked-up parts are held at a time.
_QUERIES_AT_ONCE = 256


class HashIndex:
    """The hashes of a library, uint64 (n,), by each of their parts; 48 bytes a hash."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._parts = [_SortedPart(hashes, part) for part in range(_PARTS)]

    def search(
        self, queries: NDArray[np.uint64], radius: int
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield (query, entry) positions of the pairs at most `radius` bits apart, block by block.

        A pair comes once for each part that leads to it, so up to four times.
        """
        flips = _values_within(radius // _PARTS)
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            block = queries[start : start + _QUERIES_AT_ONCE]
            for part in self._parts:
                for asked, entries in part.near(block, flips, radius):
                    yield asked + start, entries


class _SortedPart:
    """All hashes sorted by one of their parts, with the place where each value of it begins."""

    def __init__(self, hashes: NDArray[np.uint64], part: int) -> None:
        self._shift = _PART_BITS * np.uint64(part)
        values = self._part_of(hashes)
        self._order = np.argsort(values, kind="stable").astype(np.int32)
        self._hashes = hashes[self._order]
        counts = np.bincount(values, minlength=_PART_VALUES)
        self._begin = np.concatenate(([0], np.cumsum(counts)))

    def near(
        self, queries: NDArray[np.uint64], flips: NDArray[np.uint16], radius: int
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Pairs whose part differs by one of `flips`."""
        values = (self._part_of(queries)[:, None] ^ flips).ravel()
        begin = self._begin[values]
        counts = self._begin[values.astype(np.intp) + 1] - begin
        asked = np.repeat(np.arange(len(queries)), len(flips))
        for some in _in_blocks(counts):
            places = _ranges(begin[some], counts[some])
            who = np.repeat(asked[some], counts[some])
            hit = np.bitwise_count(self._hashes[places] ^ queries[who]) <= radius
            yield who[hit], self._order[places[hit]].astype(np.intp)

    def _part_of(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
        return (hashes >> self._shift).astype(np.uint16)


def _values_within(distance: int) -> NDArray[np.uint16]:
    """Every 16-bit value with at most `distance` bits set."""
    values = np.arange(_PART_VALUES, dtype=np.uint32)
    return values[np.bitwise_count(values) <= distance].astype(np.uint16)


def _in_blocks(counts: NDArray[np.intp]) -> Iterator[slice]:
    """Cut runs into slices that hold about `_COMPARED_AT_ONCE` entries together."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        reached = ends[start - 1] if start else 0
        end = int(np.searchsorted(ends, reached + _COMPARED_AT_ONCE, side="right"))
        end = max(end, start + 1)
        yield slice(start, end)
        start = end


def _ranges(begin: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """begin[0], begin[0] + 1, ... for counts[0] values, then the same of the next one."""
    before = np.cumsum(counts) - counts
    return np.repeat(begin - before, counts) + np.arange(counts.sum())
