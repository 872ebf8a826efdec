"""Photos by their two hashes: photos of one look are held once, however many there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A pHash has as many bits set as not, unless the picture has next to no detail: then it says nothing.
_LEAST_BITS = 16


@dataclass(frozen=True, kw_only=True)
class HashedPhotos:
    """Photos with their hashes: ids int64 (n,), hashes uint64 (n,)."""

    ids: NDArray[np.int64]
    phash: NDArray[np.uint64]
    dhash: NDArray[np.uint64]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.phash) == len(self.dhash):
            raise ValueError("ids and hashes are of different lengths")
        if self.phash.dtype != np.uint64 or self.dhash.dtype != np.uint64 or self.ids.dtype != np.int64:
            raise ValueError("ids are int64, hashes uint64")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "HashedPhotos":
        """Some of them, by mask or by position."""
        return HashedPhotos(ids=self.ids[which], phash=self.phash[which], dhash=self.dhash[which])


def tells(phash: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which photos have enough detail for their hashes to tell pictures apart."""
    return np.asarray(np.bitwise_count(phash) >= _LEAST_BITS)


def bits_apart(first: NDArray[np.uint64], second: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint8]:
    """Hamming distances of 64-bit hashes."""
    return np.bitwise_count(first ^ second)
