"""Match the labels and boxes of a labelled set to the detected faces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.truth import SHORTEST_SIDE, Truth
from core.detection.face import Box, FoundFace, contained, overlaps
from core.detection.photo import DecodedPhoto
from core.labels.voc import LabelledBox
from models import Label

#: Least IoU of a detected face and its annotated box; low, because annotators draw boxes differently.
SAME_FACE_OVERLAP = 0.3
#: An unmatched detection with this share of its area inside an annotated box may still be that face.
INSIDE = 0.5
#: Above this score, an unmatched detection is more likely an overlooked face than a false alarm.
FALSE_ALARM_SCORE = 0.6
#: Width and height of the box of a crop without a detected face, as shares of the crop; it is centred.
FALLBACK_SHARE = 0.8


@dataclass(frozen=True, kw_only=True)
class MatchedLabel:
    """The label of a detected face, by index, or of an annotated box that becomes a face."""

    label: Label
    mask_kind: str | None = None
    found: int | None = None
    drawn: Box | None = None


def match_labels(truth: Truth, photo: DecodedPhoto, found: Sequence[FoundFace]) -> list[MatchedLabel]:
    """Labels of the faces of a photo; `found` are sorted by falling score."""
    boxes = np.array([tuple(vars(face.box).values()) for face in found], np.float64).reshape(-1, 4)
    scores = np.array([face.score for face in found], np.float64)
    if truth.label is None:
        return list(_match_boxes(truth.boxes, photo, boxes, scores))
    if truth.label is Label.NOT_A_FACE and len(boxes):
        return [MatchedLabel(label=Label.NOT_A_FACE, found=index) for index in range(len(boxes))]
    return [_label_only_face(truth.label, truth.mask_kind, photo, boxes, scores)]


def _label_only_face(
    label: Label,
    mask_kind: str | None,
    photo: DecodedPhoto,
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> MatchedLabel:
    """Label the face with the highest size times score, or a centred box where none is detected."""
    if not len(boxes):
        return MatchedLabel(label=label, mask_kind=mask_kind, drawn=_middle(photo))
    sides = boxes[:, 2:] - boxes[:, :2]
    best = int((np.sqrt(np.prod(sides, axis=1)) * scores).argmax())
    return MatchedLabel(label=label, mask_kind=mask_kind, found=best)


def _match_boxes(
    truth: Sequence[LabelledBox],
    photo: DecodedPhoto,
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> Iterator[MatchedLabel]:
    drawn = np.array([tuple(vars(each.box).values()) for each in truth], np.float64).reshape(-1, 4)
    matched = _pair_boxes(boxes, drawn)
    for index, each in enumerate(truth):
        if index in matched.values():
            face = next(found for found, box in matched.items() if box == index)
            yield MatchedLabel(label=each.label, mask_kind=each.mask_kind, found=face)
        else:
            box = _clipped(each.box, photo)
            if box is not None:
                yield MatchedLabel(label=each.label, mask_kind=each.mask_kind, drawn=box)
    for face in _false_alarms(boxes, scores, drawn, matched):
        yield MatchedLabel(label=Label.NOT_A_FACE, found=face)


def _pair_boxes(boxes: NDArray[np.float64], drawn: NDArray[np.float64]) -> dict[int, int]:
    """Index of the annotated box by index of the detected face; the highest score chooses first."""
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
    matched: dict[int, int],
) -> Iterator[int]:
    """Indices of detections outside every annotated box; in annotated photos only those with a low score."""
    for face, box in enumerate(boxes):
        if face in matched or (len(drawn) and scores[face] > FALSE_ALARM_SCORE):
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
    if x2 - x1 < SHORTEST_SIDE or y2 - y1 < SHORTEST_SIDE:
        return None
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)
