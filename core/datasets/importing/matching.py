"""Which found face a set's label or box means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.annotation import LEAST_SIDE
from core.datasets.importing.truth import LabelledBox, Truth
from core.detection.face import Box, FoundFace
from core.detection.merging import contained, overlaps
from core.detection.photo import DecodedPhoto
from models import Label

#: A found face shows the drawn one it overlaps most, if by this much: people and detector draw differently.
SAME_FACE_OVERLAP = 0.3
#: A found face that nobody drew and that lies this far within a drawn box may still be that face.
INSIDE = 0.5
#: A surer one is more likely a face that somebody forgot to draw than none.
FALSE_ALARM_SCORE = 0.6
#: Where no face is found in a crop, its box is taken to be this share of the crop's sides, centred.
FALLBACK_SHARE = 0.8


@dataclass(frozen=True, kw_only=True)
class Said:
    """A label of a found face, by its place among them, or of a box that is to be drawn."""

    label: Label
    mask_kind: str | None = None
    found: int | None = None
    drawn: Box | None = None


def match(truth: Truth, photo: DecodedPhoto, found: Sequence[FoundFace]) -> list[Said]:
    """What the set says of the faces of a photo; `found` are in order of falling score."""
    boxes = np.array([tuple(vars(face.box).values()) for face in found], np.float64).reshape(-1, 4)
    scores = np.array([face.score for face in found], np.float64)
    if truth.label is None:
        return list(_by_boxes(truth.boxes, photo, boxes, scores))
    if truth.label is Label.NOT_A_FACE and len(boxes):
        return [Said(label=Label.NOT_A_FACE, found=place) for place in range(len(boxes))]
    return [_the_one_face(truth.label, truth.mask_kind, photo, boxes, scores)]


def _the_one_face(
    label: Label,
    mask_kind: str | None,
    photo: DecodedPhoto,
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> Said:
    """The label is of the largest and surest face, or of the middle of the photo where none is found."""
    if not len(boxes):
        return Said(label=label, mask_kind=mask_kind, drawn=_middle(photo))
    sides = boxes[:, 2:] - boxes[:, :2]
    best = int((np.sqrt(np.prod(sides, axis=1)) * scores).argmax())
    return Said(label=label, mask_kind=mask_kind, found=best)


def _by_boxes(
    truth: Sequence[LabelledBox],
    photo: DecodedPhoto,
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> Iterator[Said]:
    drawn = np.array([tuple(vars(each.box).values()) for each in truth], np.float64).reshape(-1, 4)
    shown = _pairs(boxes, drawn)
    for place, each in enumerate(truth):
        if place in shown.values():
            face = next(found for found, at in shown.items() if at == place)
            yield Said(label=each.label, mask_kind=each.mask_kind, found=face)
        else:
            box = _clipped(each.box, photo)
            if box is not None:
                yield Said(label=each.label, mask_kind=each.mask_kind, drawn=box)
    for face in _false_alarms(boxes, scores, drawn, shown):
        yield Said(label=Label.NOT_A_FACE, found=face)


def _pairs(boxes: NDArray[np.float64], drawn: NDArray[np.float64]) -> dict[int, int]:
    """For each found face that shows a drawn box, that box; the surest face chooses first."""
    free, pairs = np.ones(len(drawn), bool), {}
    for face, box in enumerate(boxes):
        shared = np.where(free, overlaps(box, drawn), 0.0) if len(drawn) else np.zeros(0)
        if len(shared) and shared.max() >= SAME_FACE_OVERLAP:
            pairs[face] = int(shared.argmax())
            free[pairs[face]] = False
    return pairs


def _false_alarms(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    drawn: NDArray[np.float64],
    shown: dict[int, int],
) -> Iterator[int]:
    """Found faces apart from every drawn box; among drawn ones only those that are not very sure."""
    for face, box in enumerate(boxes):
        if face in shown or (len(drawn) and scores[face] > FALSE_ALARM_SCORE):
            continue
        if not len(drawn) or (
            overlaps(box, drawn).max() < SAME_FACE_OVERLAP and contained(box, drawn).max() < INSIDE
        ):
            yield face


def _middle(photo: DecodedPhoto) -> Box:
    across, down = photo.width * FALLBACK_SHARE / 2, photo.height * FALLBACK_SHARE / 2
    x, y = photo.width / 2, photo.height / 2
    return Box(x1=x - across, y1=y - down, x2=x + across, y2=y + down)


def _clipped(box: Box, photo: DecodedPhoto) -> Box | None:
    x1, y1 = max(0.0, box.x1), max(0.0, box.y1)
    x2, y2 = min(float(photo.width), box.x2), min(float(photo.height), box.y2)
    if x2 - x1 < LEAST_SIDE or y2 - y1 < LEAST_SIDE:
        return None
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)
