"""Statistics of a photo that splitting and evaluation need: hashes, blur, brightness and the time taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes
from core.library.fingerprints.shot import Shot


@dataclass(frozen=True, kw_only=True)
class PhotoStatistics:
    """Hashes, time and camera of a photo, and the statistics of its faces in the order of the boxes."""

    hashes: PhotoHashes
    #: Time and camera from EXIF.
    shot: Shot
    faces: tuple[FaceStatistics, ...]


def measure_photo(photo: DecodedPhoto, data: bytes, boxes: Sequence[Box]) -> PhotoStatistics:
    """Measure a decoded photo; `data` are the bytes of its file, boxes are in full-size pixels."""
    return PhotoStatistics(
        hashes=hash_photo(photo), shot=read_shot(data), faces=tuple(measure_faces(photo, boxes))
    )
