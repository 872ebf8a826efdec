"""Hash photos and faces: a hash of the exact pixels, and two that survive resizing and recompression."""

import hashlib
from collections.abc import Sequence

import cv2
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
from core.library.fingerprints.shrink import LEAST_ROWS, GreyShrinker, shrink_columns, shrink_rows

#: Pixels converted to grey at a time: Pillow and the shrinking take 13 bytes a pixel meanwhile.
_BAND_PIXELS = 1 << 16
#: Rows whose bytes are hashed at a time: those of a turned photo are copied for it.
_DIGEST_ROWS = 256
#: Side in pixels of the square crop from which a face's hashes and blur are computed.
FACE_SIDE = 112
#: Faces measured at a time, each with 170 KB: a crowd of hundreds would take more than its photo's decoder.
FACES_AT_ONCE = 32
#: Side in pixels of the picture whose cosine transform gives the pHash, and of the block of low frequencies.
_DCT_SIDE, _LOW_SIDE = 32, 8
#: Width and height of the pictures that give the pHash and the dHash, which compares neighbours in a row.
_DCT_SIZE, _DIFFERENCE_SIZE = (_DCT_SIDE, _DCT_SIDE), (9, 8)
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
    for top in range(0, height, _DIGEST_ROWS):
        digest.update(np.ascontiguousarray(rgb[top : top + _DIGEST_ROWS]).data)
    return digest.hexdigest()


def hash_picture(rgb: NDArray[np.uint8]) -> PictureHashes:
    """pHash and dHash of uint8 (h, w, 3) RGB; those of photos equal `imagehash` bit for bit."""
    height, width = rgb.shape[:2]
    dct, difference = (GreyShrinker(size=(width, height), to=to) for to in (_DCT_SIZE, _DIFFERENCE_SIZE))
    rows = max(LEAST_ROWS, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = _grey(rgb[top : top + rows]).astype(np.float64)
        dct.add(band)
        difference.add(band)
    return _hashes(dct.levels()[None], difference.levels()[None])[0]


def measure_faces(photo: DecodedPhoto, boxes: Sequence[Box]) -> list[FaceStatistics]:
    """Hashes, blur and brightness of faces; boxes are in pixels of the full-size photo."""
    parts = (boxes[start : start + FACES_AT_ONCE] for start in range(0, len(boxes), FACES_AT_ONCE))
    return [face for part in parts for face in _measure_part(photo, part)]


def _measure_part(photo: DecodedPhoto, boxes: Sequence[Box]) -> list[FaceStatistics]:
    corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32) * photo.scale
    crops = cut(photo.rgb, corners, side=FACE_SIDE)
    squares = _grey(crops.reshape(-1, FACE_SIDE, 3)).reshape(crops.shape[:3])
    levels = squares.astype(np.float64)
    found = _hashes(_shrunk_squares(levels, _DCT_SIZE), _shrunk_squares(levels, _DIFFERENCE_SIZE))
    return [
        FaceStatistics(hashes=hashes, blur=_blur(square), brightness=cv2.mean(square)[0])
        for hashes, square in zip(found, squares, strict=True)
    ]


def _blur(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian, whose values are whole numbers."""
    return float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0] ** 2)


def _shrunk_squares(levels: NDArray[np.float64], to: tuple[int, int]) -> NDArray[np.float64]:
    """Pictures (n, side, side) of grey levels to (n, height, width); `to` is (width, height)."""
    pictures, side = levels.shape[:2]
    rows = shrink_rows(levels.reshape(pictures * side, side), to[0])
    return shrink_columns(rows.reshape(pictures, side, to[0]), to[1])


def _hashes(dct: NDArray[np.float64], difference: NDArray[np.float64]) -> list[PictureHashes]:
    """Hashes of pictures (n, 32, 32) and (n, 8, 9) of grey levels."""
    dhash = difference[:, :, 1:] > difference[:, :, :-1]
    return [
        PictureHashes(phash=_signed(low), dhash=_signed(rising))
        for low, rising in zip(_phash_bits(dct), dhash, strict=True)
    ]


def _phash_bits(small: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`imagehash.phash` without the import of SciPy, which takes longer than reading several photos.

    Coefficients that are zero but for rounding errors count as zero: their sign would be random.
    """
    low = _DCT @ small @ _DCT.T
    low[np.abs(low) < _ROUNDING_ERROR] = 0.0
    return np.asarray(low > np.median(low, axis=(1, 2), keepdims=True))


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey as Pillow computes it; OpenCV rounds differently."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


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
