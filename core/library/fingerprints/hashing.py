"""Hash photos that came in before their hashes were taken, or that were decoded reduced then."""

import numpy as np

from core.detection.decode import decode_photo
from core.library.files.taken import taken_at
from core.library.fingerprints.hashes import hash_photo, hash_pixels
from core.library.fingerprints.looks import tells
from core.library.fingerprints.photo_hashes import Hashed

#: Pixels of the shorter side that hashes of resized twins still agree at: a JPEG is decoded no larger.
_ENOUGH_SIDE = 64


def hash_bytes(data: bytes, *, short_side: int) -> Hashed:
    """Hashes and time of a photo's file whose shorter side has so many pixels.

    A JPEG is decoded reduced where that leaves enough, which is several times as fast; its pixel hash is then
    left open until `pixel_hash` is asked for. A picture without detail is decoded whole: there only its
    pixels tell. Raises InputError as `decode_photo` does.
    """
    found = hash_photo(decode_photo(data, min_scale=min(1.0, _ENOUGH_SIDE / short_side)))
    if found.pixels is None and not tells(np.array([found.picture.phash]).view(np.uint64))[0]:
        found = hash_photo(decode_photo(data))
    return Hashed(hashes=found, taken_at=taken_at(data))


def pixel_hash(data: bytes) -> str:
    """The hash of the pixels of a photo's file. Raises InputError as `decode_photo` does."""
    return hash_pixels(decode_photo(data).rgb)
