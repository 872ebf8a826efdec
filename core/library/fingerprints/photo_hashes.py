"""Hashes and embeddings as plain values, which any process may hold, and the distances between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.library.fingerprints.shot import Shot

#: Default number of bits by which each hash of near photos may differ.
NEAR_DISTANCE = 8
#: Largest distance that a job may use; beyond it most pairs do not show the same picture.
LARGEST_DISTANCE = 11
#: Half of a pHash's bits are set, except where the picture has hardly any detail and the hash is useless.
_LEAST_BITS = 16
#: Factor from cosine to similarity: an embedding only shows that one photo is part of the other.
_SIMILAR_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class PictureHashes:
    """64-bit perceptual (pHash) and difference hash (dHash) as `imagehash` defines them, signed."""

    phash: int
    dhash: int


@dataclass(frozen=True, kw_only=True)
class PhotoHashes:
    """The hashes of one photo."""

    picture: PictureHashes
    #: 64 hexadecimal digits, equal for two files with the same upright pixels. None where the photo was
    #: decoded at reduced scale.
    pixels: str | None


@dataclass(frozen=True, kw_only=True)
class FaceStatistics:
    """Hashes and image statistics of one face's square crop."""

    hashes: PictureHashes
    #: Variance of the Laplacian at 112 px, grey; a low value means a blurred face.
    blur: float
    #: Mean grey level, 0 to 255.
    brightness: float


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """The columns that hashing a photo fills in."""

    hashes: PhotoHashes
    #: Time and camera according to EXIF.
    shot: Shot


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """Whitened features of a whole photo, from the classifier's backbone."""

    #: 192 signed bytes; None for a photo of one colour.
    vector: bytes | None
    #: Share of the photo without bars; with bars it is an estimate, never too large.
    picture: float = 1.0


@dataclass(frozen=True, kw_only=True)
class HashedPhotos:
    """Photos with their hashes: ids int64 (n,), hashes uint64 (n,)."""

    ids: NDArray[np.int64]
    phash: NDArray[np.uint64]
    dhash: NDArray[np.uint64]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.phash) == len(self.dhash):
            raise ValueError("ids and hashes must have the same length")
        if self.phash.dtype != np.uint64 or self.dhash.dtype != np.uint64 or self.ids.dtype != np.int64:
            raise ValueError("ids must be int64, hashes uint64")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "HashedPhotos":
        """A selection by mask or by index."""
        return HashedPhotos(ids=self.ids[which], phash=self.phash[which], dhash=self.dhash[which])


def has_detail(phash: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which photos have enough detail for their hashes to distinguish pictures, bool (n,)."""
    return np.asarray(np.bitwise_count(phash) >= _LEAST_BITS)


def bits_apart(first: NDArray[np.uint64], second: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint8]:
    """Hamming distances of 64-bit hashes."""
    return np.bitwise_count(first ^ second)


def distance(first: int, second: int) -> int:
    """Hamming distance of two 64-bit hashes, 0 to 64; signed or unsigned."""
    return ((first ^ second) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def similarity(phash_distance: int, dhash_distance: int) -> float:
    """1 where both hashes are equal, less 1/128 for each bit that differs."""
    return 1 - (phash_distance + dhash_distance) / 128


def similarity_by_embedding(cosine: float) -> float:
    """Similarity of photos with different hashes: lower than that of any near photos."""
    return cosine * _SIMILAR_SHARE


def cosine_of(similarity: float) -> float | None:
    """The cosine that `similarity_by_embedding` got; None for photos with near hashes."""
    return None if similarity > _SIMILAR_SHARE else similarity / _SIMILAR_SHARE
