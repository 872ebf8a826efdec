"""Hash photos and faces: a hash of the exact pixels, and two that survive resizing and recompression."""

import hashlib
from collections.abc import Sequence

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.photo_hashes import (
    FaceStatistics,
    Hashed,
    PhotoHashes,
    PictureHashes,
    has_detail,
)

#: Rows converted to grey at a time: Pillow uses four bytes a pixel while it converts.
_BAND_ROWS = 64
#: Side in pixels of the square crop from which a face's hashes and blur are computed.
FACE_SIDE = 112
#: Side in pixels of the picture whose cosine transform gives the pHash, and of the block of low frequencies.
_DCT_SIDE, _LOW_SIDE = 32, 8
#: First rows of the unscaled DCT-II matrix, (_LOW_SIDE, _DCT_SIDE).
_DCT = 2 * np.cos(np.pi * np.outer(np.arange(_LOW_SIDE), 2 * np.arange(_DCT_SIDE) + 1) / (2 * _DCT_SIDE))
#: Coefficients are sums of 1,024 grey levels; those of a picture with detail are far from this.
_ROUNDING_ERROR = 1e-6


def hash_photo(photo: DecodedPhoto) -> PhotoHashes:
    """Hashes of a decoded photo; at reduced scale they differ by a few bits from those at full scale."""
    whole = photo.rgb.shape[:2] == (photo.height, photo.width)
    return PhotoHashes(picture=hash_picture(photo.rgb), pixels=hash_pixels(photo.rgb) if whole else None)


def hash_pixels(rgb: NDArray[np.uint8]) -> str:
    """SHA-256 of size and pixels of uint8 (h, w, 3) RGB."""
    height, width = rgb.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}:".encode())
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def hash_picture(rgb: NDArray[np.uint8]) -> PictureHashes:
    """pHash and dHash of uint8 (h, w, 3) RGB; those of photos equal `imagehash` bit for bit."""
    return _hash_grey(Image.fromarray(_grey(rgb)))


def measure_faces(photo: DecodedPhoto, boxes: Sequence[Box]) -> list[FaceStatistics]:
    """Hashes, blur and brightness of faces; boxes are in pixels of the full-size photo."""
    corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4)
    return [_measure(crop) for crop in cut(photo.rgb, corners * photo.scale, side=FACE_SIDE)]


def _measure(crop: NDArray[np.uint8]) -> FaceStatistics:
    grey = _grey(crop)
    return FaceStatistics(
        hashes=_hash_grey(Image.fromarray(grey)),
        blur=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        brightness=float(grey.mean()),
    )


def _hash_grey(grey: Image.Image) -> PictureHashes:
    return PictureHashes(phash=_phash(grey), dhash=_signed(imagehash.dhash(grey).hash))


def _phash(grey: Image.Image) -> int:
    """`imagehash.phash` without the import of SciPy, which takes longer than reading several photos.

    Coefficients that are zero but for rounding errors count as zero: their sign would be random.
    """
    small = np.asarray(grey.resize((_DCT_SIDE, _DCT_SIDE), Image.Resampling.LANCZOS), np.float64)
    low = _DCT @ small @ _DCT.T
    low[np.abs(low) < _ROUNDING_ERROR] = 0.0
    return _signed(low > np.median(low))


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey as Pillow computes it (OpenCV rounds differently), in bands that fit into the cache."""
    grey = np.empty(rgb.shape[:2], np.uint8)
    for top in range(0, len(grey), _BAND_ROWS):
        band = Image.fromarray(rgb[top : top + _BAND_ROWS])
        grey[top : top + _BAND_ROWS] = np.asarray(band.convert("L"))
    return grey


def _signed(bits: NDArray[np.bool_]) -> int:
    """The 64 bits, row by row, most significant first, as the signed integer of the database."""
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


#: A JPEG is decoded to this shorter side, at which hashes of resized copies still agree.
_ENOUGH_SIDE = 64


def hash_bytes(data: bytes, *, short_side: int) -> Hashed:
    """Hashes and EXIF of a photo's file; `short_side` is the photo's shorter side in pixels.

    A JPEG is decoded at reduced scale, which is several times as fast; its pixel hash is then missing until
    `pixel_hash` computes it. A picture without detail is decoded at full scale, since only its pixel hash is
    useful. Raises InputError as `decode_photo` does.
    """
    found = hash_photo(decode_photo(data, min_scale=min(1.0, _ENOUGH_SIDE / short_side)))
    if found.pixels is None and not has_detail(np.array([found.picture.phash]).view(np.uint64))[0]:
        found = hash_photo(decode_photo(data))
    return Hashed(hashes=found, shot=read_shot(data))


def pixel_hash(data: bytes) -> str:
    """Pixel hash of a photo's file. Raises InputError as `decode_photo` does."""
    return hash_pixels(decode_photo(data).rgb)
