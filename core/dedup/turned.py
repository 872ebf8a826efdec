"""Find photos that may be turned copies of each other, from their pHashes alone.

A pHash tells which of the 64 lowest DCT coefficients of a picture are above their median, row by row. A
turned or mirrored picture has the same coefficients: transposing it transposes them, mirroring it negates
those of odd columns. Their median is near 0, so a negated coefficient flips its bit, but for a few. So the
hash of every turned copy is known without reading a photo again. Alignment then decides (`is_part`).
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from core.dedup.hash_search import HashIndex
from core.library.fingerprints.photo_hashes import HashedPhotos, bits_apart, has_detail

#: Bits by which the hash of a turned copy may differ from the computed one; about 4 are the few above.
TURNED_DISTANCE = 10
#: Only this many of the nearest photos are taken for each new photo.
MOST_TURNED = 10
_SIDE = 8
_ODD = np.arange(_SIDE) % 2 == 1


def turned_hashes(phash: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """For hashes (n,) those of the pictures turned by 90, 180 and 270 degrees, mirrored or not; (n,) each."""
    bits = (
        np.unpackbits(phash.astype(">u8").view(np.uint8)).reshape(len(phash), _SIDE, _SIDE).astype(np.bool_)
    )
    for transposed, across, down in product((False, True), repeat=3):
        # The embedding of a picture that is mirrored from left to right is that of the picture itself.
        if transposed or down:
            turned = bits.swapaxes(1, 2) if transposed else bits
            flipped = turned ^ (_ODD & across)[None, None, :] ^ (_ODD & down)[None, :, None]
            yield (
                np.packbits(flipped.reshape(len(bits), _SIDE**2), axis=1)
                .view(">u8")
                .astype(np.uint64)
                .ravel()
            )


class TurnedLibrary:
    """Photos of a library, indexed by their pHashes; those without detail are left out."""

    def __init__(self, photos: HashedPhotos) -> None:
        self._photos = photos.take(has_detail(photos.phash))
        self._index = HashIndex(self._photos.phash)

    def pairs(self, photo_ids: NDArray[np.int64]) -> set[tuple[int, int]]:
        """Ids, the lower first, of one of these photos and another one that may be its turned copy."""
        asked = self._photos.take(np.isin(self._photos.ids, photo_ids))
        nearest: dict[int, dict[int, int]] = {}
        for hashes in turned_hashes(asked.phash):
            for one, other, bits in self._search(asked.ids, hashes):
                found = nearest.setdefault(one, {})
                found[other] = min(bits, found.get(other, bits))
        return {
            (min(one, other), max(one, other))
            for one, found in nearest.items()
            for other in sorted(found, key=lambda each: (found[each], each))[:MOST_TURNED]
        }

    def _search(
        self, photo_ids: NDArray[np.int64], hashes: NDArray[np.uint64]
    ) -> Iterator[tuple[int, int, int]]:
        """Each photo with another one near the hash given for it, and how many bits they are apart."""
        for asked, entries in self._index.search(hashes, TURNED_DISTANCE):
            distances = bits_apart(self._photos.phash[entries], hashes[asked])
            one, other = photo_ids[asked], self._photos.ids[entries]
            is_other = one != other
            columns = (one[is_other], other[is_other], distances[is_other])
            yield from zip(*(column.tolist() for column in columns), strict=True)
