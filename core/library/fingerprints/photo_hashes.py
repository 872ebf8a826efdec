"""What hashing a photo and looking at its faces gives; plain values, so that every process may hold them."""

from dataclasses import dataclass


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
class FaceLook:
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
