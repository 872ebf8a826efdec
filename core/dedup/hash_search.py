"""Find all 64-bit hashes within a distance, exactly: multi-index hashing on sorted NumPy arrays.

M. Norouzi, A. Punjani, D. Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.library.fingerprints.photo_hashes import HashedPhotos, bits_apart, has_detail

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


#: Near pairs held at a time; of a scene with thousands of shots every pair may be near.
_PAIRS_AT_ONCE = 1 << 22


class HashedLibrary:
    """Photos indexed by their looks: photos of the same two hashes are one entry, however many they are.

    Photos without detail take no part.
    """

    def __init__(self, photos: HashedPhotos) -> None:
        telling = photos.take(has_detail(photos.phash))
        telling = telling.take(np.lexsort((telling.dhash, telling.phash)))
        changes = np.ones(len(telling), np.bool_)
        changes[1:] = np.diff(telling.phash).astype(np.bool_) | np.diff(telling.dhash).astype(np.bool_)
        starts = np.flatnonzero(changes)
        self._ids = telling.ids
        self._by_id = np.argsort(self._ids)
        #: Photos of look i are `_ids[_begin[i]:_begin[i + 1]]`.
        self._begin = np.append(starts, len(telling))
        self._phash, self._dhash = telling.phash[starts], telling.dhash[starts]
        self._index = HashIndex(self._phash)

    def clusters(self, new: HashedPhotos, distance: int) -> list[NDArray[np.int64]]:
        """Photo ids that hang together: new photos with all that are near one of them, two or more each.

        Near are photos of which both hashes differ by at most `distance` bits. The new photos must be in
        the library.
        """
        telling = new.take(has_detail(new.phash))
        own = self._looks_of(telling)
        pairs = np.stack([own, own])
        for asked, looks in self._index.search(telling.phash, distance):
            near = bits_apart(self._dhash[looks], telling.dhash[asked]) <= distance
            pairs = np.concatenate([pairs, np.stack([own[asked[near]], looks[near]])], axis=1)
            if pairs.shape[1] > _PAIRS_AT_ONCE:
                pairs = _hanging_together(pairs)
        return self._photos_of(_hanging_together(pairs))

    def _looks_of(self, new: HashedPhotos) -> NDArray[np.intp]:
        places = self._by_id[np.searchsorted(self._ids, new.ids, sorter=self._by_id)]
        return np.searchsorted(self._begin, places, side="right") - 1

    def _photos_of(self, pairs: NDArray[np.intp]) -> list[NDArray[np.int64]]:
        """Photo ids by first look of the pairs, without those that stand alone."""
        edges = np.flatnonzero(np.diff(pairs[0])) + 1
        clusters = (
            np.concatenate([self._ids[self._begin[look] : self._begin[look + 1]] for look in looks])
            for looks in np.split(pairs[1], edges)
            if len(looks)
        )
        return [cluster for cluster in clusters if len(cluster) > 1]


def _hanging_together(pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """The fewest pairs, int (2, n), that join the same looks: (label, look), sorted by label."""
    # Takes a quarter of a second to load, which a job of another kind need not wait for.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    looks, places = np.unique(pairs, return_inverse=True)
    places = places.reshape(pairs.shape)
    graph = coo_array((np.ones(pairs.shape[1], np.int8), tuple(places)), shape=(len(looks), len(looks)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    joined = np.stack([looks[first][label], looks])
    return joined[:, np.argsort(joined[0], kind="stable")]
