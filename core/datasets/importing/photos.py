"""Read the photos of an import batch: detect and measure their faces, and match the labels of the set."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.datasets.importing.matching import MatchedLabel, match_labels
from core.datasets.importing.truth import LABEL_UNKNOWN, Truth
from core.datasets.splitting.statistics import PhotoStatistics, measure_photo
from core.detection.decode import decode_photo
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.library.files.reading import read_photo
from core.predict.results import PhotoFailed, PhotoToRead


class Finder(Protocol):
    """The part of `FaceMaskDetector` that an import needs."""

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        """Faces without labels, by falling score."""
        ...


@dataclass(frozen=True, kw_only=True)
class PhotoImported:
    """A photo that was read; `statistics.faces` are in the order of `labels`."""

    position: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int
    found: tuple[FoundFace, ...]
    labels: tuple[MatchedLabel, ...]
    statistics: PhotoStatistics


def import_photos(
    photos: Sequence[PhotoToRead],
    truths: Mapping[int, Truth | None],
    finder: Finder,
    *,
    max_bytes: int,
    before_each: Callable[[], None],
) -> Iterator[PhotoImported | PhotoFailed]:
    """One result per photo, in order; `truths` are by position. Calls `before_each` before every photo."""
    for photo in photos:
        before_each()
        try:
            yield _import(photo, truths[photo.position], finder, max_bytes)
        except InputError as error:
            yield PhotoFailed(position=photo.position, code=error.code, message=error.message)


def _import(photo: PhotoToRead, truth: Truth | None, finder: Finder, max_bytes: int) -> PhotoImported:
    if truth is None:
        raise InputError(LABEL_UNKNOWN, "The set has no label for this photo.")
    data = read_photo(photo.root, photo.relative, max_bytes=max_bytes)
    decoded = decode_photo(data)
    found = finder.find_faces(decoded)
    labels = match_labels(truth, decoded, found)
    return PhotoImported(
        position=photo.position,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        found=tuple(found),
        labels=tuple(labels),
        statistics=measure_photo(decoded, data, [_box(each, found) for each in labels]),
    )


def _box(label: MatchedLabel, found: Sequence[FoundFace]) -> Box:
    if label.found is not None:
        return found[label.found].box
    assert label.drawn is not None
    return label.drawn
