"""Read the photos of one batch: bytes, hash, pixels, faces. A bad photo fails alone."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from core.detection.decode import decode_photo
from core.detection.face import DetectedFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.library.files.reading import read_photo
from core.library.fingerprints.hashes import hash_photo, measure_faces, taken_at
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult, PhotoToRead


class Detector(Protocol):
    """What this module needs of the shared detection module."""

    def detect(self, photo: DecodedPhoto) -> list[DetectedFace]:
        """Faces with their probabilities, best first."""
        ...


def read_photos(
    photos: Sequence[PhotoToRead],
    detector: Detector,
    *,
    min_scale: float,
    is_known: Callable[[str], bool],
    max_bytes: int,
    before_each: Callable[[], None],
) -> Iterator[PhotoResult]:
    """One result a photo, in order.

    `min_scale` is how far a photo may be decoded reduced, 1.0 or less. `is_known` tells by SHA-256 whether
    faces and predictions of this detector are stored already, so that the photo need not be decoded.
    """
    for photo in photos:
        before_each()
        try:
            yield _read(photo, detector, min_scale, is_known, max_bytes)
        except InputError as error:
            yield PhotoFailed(position=photo.position, code=error.code, message=error.message)


def _read(
    photo: PhotoToRead,
    detector: Detector,
    min_scale: float,
    is_known: Callable[[str], bool],
    max_bytes: int,
) -> PhotoRead:
    data = read_photo(photo.root, photo.relative, max_bytes=max_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    if is_known(sha256):
        return PhotoRead(position=photo.position, sha256=sha256, bytes=len(data))
    decoded = decode_photo(data, min_scale=min_scale)
    faces = detector.detect(decoded)
    return PhotoRead(
        position=photo.position,
        sha256=sha256,
        bytes=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        faces=tuple(faces),
        hashes=hash_photo(decoded),
        taken_at=taken_at(data),
        looks=tuple(measure_faces(decoded, [face.found.box for face in faces])),
    )
