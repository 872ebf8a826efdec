"""What is measured of a photo and its faces before a dataset takes them: hashes, blur, brightness."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.detection.crop import cut
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.photos.taken import taken_at

#: Side in pixels of the square by which a face is hashed and its blur is measured.
_SIDE = 112
_SIGNED = 2**63


@dataclass(frozen=True, kw_only=True)
class FaceMarks:
    """Blur, brightness and hashes of one face; hashes are signed 64-bit numbers."""

    blur: float
    brightness: float
    phash: int
    dhash: int


@dataclass(frozen=True, kw_only=True)
class PhotoMarks:
    """Hashes of a photo, its time, and the marks of its faces in the order of the boxes."""

    phash: int
    dhash: int
    taken_at: str | None
    faces: tuple[FaceMarks, ...]


def mark_photo(photo: DecodedPhoto, data: bytes, boxes: Sequence[Box]) -> PhotoMarks:
    """Measure a decoded photo; `data` are the bytes of its file, boxes are in full-size pixels."""
    phash, dhash = picture_hashes(photo.rgb)
    return PhotoMarks(
        phash=phash, dhash=dhash, taken_at=taken_at(data), faces=tuple(_mark_faces(photo, boxes))
    )


def picture_hashes(rgb: NDArray[np.uint8]) -> tuple[int, int]:
    """The perceptual and the difference hash of pixels (h, w, 3), as the library imagehash defines them."""
    return _hashes(Image.fromarray(rgb).convert("L"))


def _mark_faces(photo: DecodedPhoto, boxes: Sequence[Box]) -> list[FaceMarks]:
    corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4) * photo.scale
    return [_mark_face(crop) for crop in cut(photo.rgb, corners, side=_SIDE)]


def _mark_face(crop: NDArray[np.uint8]) -> FaceMarks:
    picture = Image.fromarray(crop).convert("L")
    grey = np.asarray(picture)
    phash, dhash = _hashes(picture)
    return FaceMarks(
        blur=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        brightness=float(grey.mean()),
        phash=phash,
        dhash=dhash,
    )


def _hashes(grey: Image.Image) -> tuple[int, int]:
    return _signed(imagehash.phash(grey)), _signed(imagehash.dhash(grey))


def _signed(found: imagehash.ImageHash) -> int:
    """Databases hold signed numbers."""
    value = int(str(found), 16)
    return value - 2 * _SIGNED if value >= _SIGNED else value
