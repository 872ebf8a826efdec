"""Read the photos of an import batch: faces, what the set says of them, and their marks."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.datasets.importing.labelling import LABEL_UNKNOWN
from core.datasets.importing.matching import Said, match
from core.datasets.importing.truth import Truth
from core.datasets.marks import PhotoMarks, mark_photo
from core.detection.decode import decode_photo
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.library.files.reading import read_photo
from core.predict.results import PhotoFailed, PhotoToRead


class Finder(Protocol):
    """What this module needs of the shared detection module."""

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        """Faces without labels, surest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class PhotoImported:
    """A photo that was read; `marks.faces` are in the order of `said`."""

    position: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int
    found: tuple[FoundFace, ...]
    said: tuple[Said, ...]
    marks: PhotoMarks


def import_photos(
    photos: Sequence[PhotoToRead],
    truths: Mapping[int, Truth | None],
    finder: Finder,
    *,
    max_bytes: int,
    before_each: Callable[[], None],
) -> Iterator[PhotoImported | PhotoFailed]:
    """One result a photo, in order; `truths` are by position."""
    for photo in photos:
        before_each()
        try:
            yield _import(photo, truths[photo.position], finder, max_bytes)
        except InputError as error:
            yield PhotoFailed(position=photo.position, code=error.code, message=error.message)


def _import(photo: PhotoToRead, truth: Truth | None, finder: Finder, max_bytes: int) -> PhotoImported:
    if truth is None:
        raise InputError(LABEL_UNKNOWN, "The set says nothing of this photo.")
    data = read_photo(photo.root, photo.relative, max_bytes=max_bytes)
    decoded = decode_photo(data)
    found = finder.find_faces(decoded)
    said = match(truth, decoded, found)
    return PhotoImported(
        position=photo.position,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        found=tuple(found),
        said=tuple(said),
        marks=mark_photo(decoded, data, [_box(each, found) for each in said]),
    )


def _box(said: Said, found: Sequence[FoundFace]) -> Box:
    if said.found is not None:
        return found[said.found].box
    assert said.drawn is not None
    return said.drawn
