"""Find near photos by their hashes, exactly: multi-index hashing on sorted NumPy arrays.

M. Norouzi, A. Punjani, D. Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.library.fingerprints.photo_hashes import HashedPhotos, bits_apart, has_detail

#: Number of 16-bit parts of a hash. If two hashes have distance d, one of their parts differs by at most
#: d // 4 bits, so looking up all values within that distance of each part finds every pair.
_PARTS = 4
_PART_BITS = np.uint64(16)
_PART_VALUES = 1 << 16
#: Entries compared at a time, to bound the memory.
_COMPARED_AT_ONCE = 1 << 21
#: Queries looked up at a time, to bound the memory.
_QUERIES_AT_ONCE = 256


class HashIndex:
    """Hashes uint64 (n,), indexed by each of their parts; 48 bytes a hash."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._parts = [_SortedPart(hashes, part) for part in range(_PARTS)]

    def search(
        self, queries: NDArray[np.uint64], radius: int
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield (query, entry) indices of pairs at most `radius` bits apart, block by block.

        A pair is yielded once for each part that leads to it, up to four times.
        """
        flips = _values_within(radius // _PARTS)
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            block = queries[start : start + _QUERIES_AT_ONCE]
            for part in self._parts:
                for asked, entries in part.near(block, flips, radius):
                    yield asked + start, entries


class _SortedPart:
    """All hashes sorted by one of their parts, with the start of each value's run."""

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
        """Pairs within `radius` whose part differs by one of `flips`."""
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
    """Divide runs into slices with about `_COMPARED_AT_ONCE` entries in total."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        reached = ends[start - 1] if start else 0
        end = int(np.searchsorted(ends, reached + _COMPARED_AT_ONCE, side="right"))
        end = max(end, start + 1)
        yield slice(start, end)
        start = end


def _ranges(begin: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The ranges `begin[i]` to `begin[i] + counts[i]`, concatenated."""
    before = np.cumsum(counts) - counts
    return np.repeat(begin - before, counts) + np.arange(counts.sum())


#: Near pairs in memory at a time; in a scene with thousands of shots every pair may be near.
_PAIRS_AT_ONCE = 1 << 22


class HashedLibrary:
    """Photos indexed by distinct hashes: all photos with the same two hashes are one entry.

    Photos without detail are left out.
    """

    def __init__(self, photos: HashedPhotos) -> None:
        detailed = photos.take(has_detail(photos.phash))
        detailed = detailed.take(np.lexsort((detailed.dhash, detailed.phash)))
        changes = np.ones(len(detailed), np.bool_)
        changes[1:] = np.diff(detailed.phash).astype(np.bool_) | np.diff(detailed.dhash).astype(np.bool_)
        starts = np.flatnonzero(changes)
        self._ids = detailed.ids
        self._by_id = np.argsort(self._ids)
        #: Photos with distinct hash i are `_ids[_begin[i]:_begin[i + 1]]`.
        self._begin = np.append(starts, len(detailed))
        self._phash, self._dhash = detailed.phash[starts], detailed.dhash[starts]
        self._index = HashIndex(self._phash)

    def clusters(self, new: HashedPhotos, distance: int) -> list[NDArray[np.int64]]:
        """Ids of connected photos: each new photo with all photos near it, at least two in a cluster.

        Two photos are near if each hash differs by at most `distance` bits. The new photos must be in the
        library.
        """
        detailed = new.take(has_detail(new.phash))
        own = self._distinct_hashes(detailed)
        pairs = np.stack([own, own])
        for queries, entries in self._index.search(detailed.phash, distance):
            near = bits_apart(self._dhash[entries], detailed.dhash[queries]) <= distance
            pairs = np.concatenate([pairs, np.stack([own[queries[near]], entries[near]])], axis=1)
            if pairs.shape[1] > _PAIRS_AT_ONCE:
                pairs = _connect(pairs)
        return self._photo_ids(_connect(pairs))

    def _distinct_hashes(self, new: HashedPhotos) -> NDArray[np.intp]:
        """Index of the distinct hash of each photo."""
        places = self._by_id[np.searchsorted(self._ids, new.ids, sorter=self._by_id)]
        return np.searchsorted(self._begin, places, side="right") - 1

    def _photo_ids(self, pairs: NDArray[np.intp]) -> list[NDArray[np.int64]]:
        """Photo ids of each component of at least two photos; `pairs` as `_connect` returns them."""
        edges = np.flatnonzero(np.diff(pairs[0])) + 1
        clusters = (
            np.concatenate([self._ids[self._begin[entry] : self._begin[entry + 1]] for entry in entries])
            for entries in np.split(pairs[1], edges)
            if len(entries)
        )
        return [cluster for cluster in clusters if len(cluster) > 1]


def _connect(pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Connected components of pairs, int (2, n), as (first entry, entry), sorted by component."""
    # SciPy takes a quarter of a second to load; jobs of other kinds do not need it.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    entries, places = np.unique(pairs, return_inverse=True)
    places = places.reshape(pairs.shape)
    graph = coo_array((np.ones(pairs.shape[1], np.int8), tuple(places)), shape=(len(entries), len(entries)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    joined = np.stack([entries[first][label], entries])
    return joined[:, np.argsort(joined[0], kind="stable")]
