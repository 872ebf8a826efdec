"""Find the faces of one photo, and hash it from the same decode."""

from dataclasses import dataclass
from typing import Protocol

from core.detection.decode import decode_photo
from core.detection.face import FoundFace
from core.detection.photo import DecodedPhoto
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.library.fingerprints.photo_hashes import Hashed
from core.predict.results import MeasuredFace


class Finder(Protocol):
    """The part of the detector that this module uses."""

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        """Faces by falling score."""
        ...


@dataclass(frozen=True, kw_only=True)
class SearchedPhoto:
    """Faces and hashes of one photo."""

    faces: tuple[MeasuredFace, ...]
    #: None if the photo had hashes already.
    hashed: Hashed | None


def search_photo(data: bytes, finder: Finder, *, min_scale: float, is_hashed: bool) -> SearchedPhoto:
    """Find the faces in a photo's file, and hash it unless it is hashed already.

    `min_scale` is the smallest scale at which to decode. Raises InputError as `decode_photo` does.
    """
    decoded = decode_photo(data, min_scale=min_scale)
    found = finder.find_faces(decoded)
    statistics = measure_faces(decoded, [face.box for face in found])
    return SearchedPhoto(
        faces=tuple(
            MeasuredFace(found=face, statistics=each) for face, each in zip(found, statistics, strict=True)
        ),
        hashed=None if is_hashed else Hashed(hashes=hash_photo(decoded), shot=read_shot(data)),
    )
