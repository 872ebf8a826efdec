"""Read the photos of an import batch: detect and measure their faces, and match the labels of the set."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.datasets.importing.frames import Frame, count_met, fit_frame
from core.datasets.importing.matching import (
    FALSE_ALARM_SCORE,
    MatchedLabel,
    keep_usable_boxes,
    match_labels,
)
from core.datasets.importing.truth import LABEL_UNKNOWN, DroppedObject, Truth, name_dropped
from core.datasets.splitting.statistics import PhotoStatistics, measure_photo
from core.detection.decode import decode_photo
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.item_errors import ItemErrors
from core.predict.read_photos import read_file
from core.predict.results import PhotoFailed, PhotoToRead
from models import Split

#: The annotation of the photo has objects, but none of them can be used.
NO_USABLE_BOX = "no_usable_box"


class Finder(Protocol):
    """The part of `FaceMaskDetector` that an import needs."""

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        """Faces without labels, by falling score."""
        ...


@dataclass(frozen=True, kw_only=True)
class BoxCounts:
    """How well the boxes of the set and the detected faces of one photo agree."""

    #: Boxes that meet a detected face, and how many could at most.
    met: int = 0
    possible: int = 0
    #: Detections above the score of 0.6 without a box, although the set says that all faces are boxed.
    likely_faces: int = 0


@dataclass(frozen=True, kw_only=True)
class PhotoNotUsable(PhotoFailed):
    """A photo of which no annotated object can be used."""

    dropped: tuple[DroppedObject, ...]


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
    notes: tuple[str, ...]
    found: tuple[FoundFace, ...]
    labels: tuple[MatchedLabel, ...]
    #: Annotated objects that were not imported.
    dropped: tuple[DroppedObject, ...]
    frame: Frame
    counts: BoxCounts
    statistics: PhotoStatistics
    #: The split that the set gives the photo, and its licence.
    split: Split | None
    licence: str | None


def import_photos(
    photos: Sequence[PhotoToRead],
    truths: Mapping[int, Truth | None],
    finder: Finder,
    *,
    all_faces_boxed: bool,
    max_bytes: int,
    before_each: Callable[[], None],
) -> Iterator[PhotoImported | PhotoFailed]:
    """One result per photo, in order; `truths` are by position. Calls `before_each` before every photo.

    An error that strikes every photo is raised at the end.
    """
    errors = ItemErrors()
    for photo in photos:
        before_each()
        try:
            result: PhotoImported | PhotoFailed = _import(
                photo,
                truths[photo.position],
                finder,
                all_faces_boxed=all_faces_boxed,
                max_bytes=max_bytes,
            )
        except Exception as error:
            failure = errors.input_error(error, position=photo.position)
            result = PhotoFailed(position=photo.position, code=failure.code, message=failure.message)
        yield result
    errors.check(len(photos))


def _not_usable(photo: PhotoToRead, truth: Truth) -> PhotoNotUsable:
    count = len(truth.dropped)
    what = f"None of its {count} objects can" if count > 1 else "Its only object cannot"
    return PhotoNotUsable(
        position=photo.position,
        code=NO_USABLE_BOX,
        message=f"{what} be used: {name_dropped(truth.dropped)}.",
        dropped=truth.dropped,
    )


def _import(
    photo: PhotoToRead, truth: Truth | None, finder: Finder, *, all_faces_boxed: bool, max_bytes: int
) -> PhotoImported | PhotoNotUsable:
    if truth is None:
        raise InputError(LABEL_UNKNOWN, "The set has no label for this photo.")
    if truth.is_unusable:
        return _not_usable(photo, truth)
    data = read_file(photo, max_bytes=max_bytes)
    decoded = decode_photo(data)
    found = finder.find_faces(decoded)
    truth, frame = fit_frame(truth, decoded, found)
    truth = keep_usable_boxes(truth, decoded)
    if truth.is_unusable:
        return _not_usable(photo, truth)
    truth = replace(truth, all_faces_boxed=truth.all_faces_boxed or all_faces_boxed)
    labels = match_labels(truth, decoded, found)
    return PhotoImported(
        position=photo.position,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        notes=decoded.notes,
        found=tuple(found),
        labels=tuple(labels),
        dropped=truth.dropped,
        frame=frame,
        counts=_count_boxes(truth, found, labels),
        statistics=measure_photo(decoded, data, [_box(each, found) for each in labels]),
        split=truth.split,
        licence=truth.licence,
    )


def _count_boxes(truth: Truth, found: Sequence[FoundFace], labels: Sequence[MatchedLabel]) -> BoxCounts:
    boxes = [*(each.box for each in truth.boxes), *truth.unlabelled]
    matched = {each.found for each in labels}
    others = [face for index, face in enumerate(found) if index not in matched]
    likely = sum(face.score > FALSE_ALARM_SCORE for face in others)
    return BoxCounts(
        met=count_met(boxes, found),
        possible=min(len(boxes), len(found)),
        likely_faces=likely if truth.teaches_negatives else 0,
    )


def _box(label: MatchedLabel, found: Sequence[FoundFace]) -> Box:
    if label.found is not None:
        return found[label.found].box
    assert label.drawn is not None
    return label.drawn
