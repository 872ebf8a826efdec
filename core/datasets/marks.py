"""What is measured of a photo and its faces before a dataset takes them: hashes, blur, brightness, time."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.library.files.exif import taken_at
from core.library.fingerprints.hashes import hash_photo, look_at_faces
from core.library.fingerprints.photo_hashes import FaceLook, PhotoHashes


@dataclass(frozen=True, kw_only=True)
class PhotoMarks:
    """Hashes of a photo, its time, and what was measured of its faces in the order of the boxes."""

    hashes: PhotoHashes
    taken_at: str | None
    faces: tuple[FaceLook, ...]


def mark_photo(photo: DecodedPhoto, data: bytes, boxes: Sequence[Box]) -> PhotoMarks:
    """Measure a decoded photo; `data` are the bytes of its file, boxes are in full-size pixels."""
    return PhotoMarks(
        hashes=hash_photo(photo), taken_at=taken_at(data), faces=tuple(look_at_faces(photo, boxes))
    )
