"""What hashing a photo and looking at its faces gives; plain values, so that every process may hold them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class PictureHashes:
    """64-bit perceptual (pHash) and difference hash (dHash) as `imagehash` defines them, signed."""

    phash: int
    dhash: int


@dataclass(frozen=True, kw_only=True)
class PhotoHashes:
    """The hashes of one photo."""

    picture: PictureHashes
    #: 64 hexadecimal digits: equal for two files of the same upright pixels. None where the photo was
    #: decoded reduced, so that its own pixels are not known.
    pixels: str | None


@dataclass(frozen=True, kw_only=True)
class FaceStatistics:
    """What is measured of one face's square crop."""

    hashes: PictureHashes
    #: Variance of the Laplacian at 112 px, grey: the lower, the more blurred.
    blur: float
    #: Mean grey level, 0 to 255.
    brightness: float


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """What the library keeps of a photo that came in without its hashes."""

    hashes: PhotoHashes
    #: When the camera says that it was taken.
    taken_at: str | None


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """What the classifier's backbone sees of a whole photo."""

    #: 192 signed bytes; None of a sheet of one colour.
    vector: bytes | None
    #: Share of the photo that is picture, not bars: with bars rather too small than too large.
    picture: float = 1.0


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


def has_detail(phash: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which photos have enough detail for their hashes to tell pictures apart."""
    return np.asarray(np.bitwise_count(phash) >= _LEAST_BITS)


def bits_apart(first: NDArray[np.uint64], second: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint8]:
    """Hamming distances of 64-bit hashes."""
    return np.bitwise_count(first ^ second)


#: Default distance in bits up to which both hashes of two photos are near.
NEAR_DISTANCE = 8
#: Largest distance that may be asked for; beyond it most of what is found is not the same picture.
LARGEST_DISTANCE = 11
#: What counts of the cosine of two similar photos: it tells no more than that one is within the other.
_SIMILAR_SHARE = 0.5


def distance(first: int, second: int) -> int:
    """Bits in which two 64-bit hashes differ, 0 to 64; signed or not."""
    return ((first ^ second) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def similarity(phash_distance: int, dhash_distance: int) -> float:
    """1 where both hashes are the same, less by 1/128 for each bit in which they differ."""
    return 1 - (phash_distance + dhash_distance) / 128


def similarity_by_embedding(cosine: float) -> float:
    """Of photos whose hashes differ: less than any that the hashes find near."""
    return cosine * _SIMILAR_SHARE


def cosine_of(similarity: float) -> float | None:
    """What `similarity_by_embedding` was made from; None of photos whose hashes are near."""
    return None if similarity > _SIMILAR_SHARE else similarity / _SIMILAR_SHARE
