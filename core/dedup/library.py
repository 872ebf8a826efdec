"""The library that new photos are compared with, and which photos of it hang together with them."""

import numpy as np
from numpy.typing import NDArray

from core.dedup.index import HashIndex
from core.library.fingerprints.distances import HashedPhotos, bits_apart, tells

#: Near pairs held at a time; of a scene with thousands of shots every pair may be near.
_PAIRS_AT_ONCE = 1 << 22


class Library:
    """Photos indexed by their looks: photos of the same two hashes are one entry, however many they are.

    Photos without detail take no part.
    """

    def __init__(self, photos: HashedPhotos) -> None:
        telling = photos.take(tells(photos.phash))
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
        telling = new.take(tells(new.phash))
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
