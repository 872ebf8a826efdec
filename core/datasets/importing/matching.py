"""Match the labels and boxes of a labelled set to the detected faces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.truth import DroppedObject, Truth
from core.detection.face import Box, FoundFace, contained, overlaps
from core.detection.photo import DecodedPhoto
from core.labels.annotation import ObjectProblem
from core.labels.label_words import OtherWord
from models import Label

#: Boxes with a shorter side, in pixels of the photo, are taken for accidental clicks.
SHORTEST_SIDE = 4.0
#: Least IoU of a detected face and its annotated box; low, because annotators draw boxes differently.
SAME_FACE_OVERLAP = 0.3
#: An unmatched detection with this share of its area inside an annotated box may still be that face.
INSIDE = 0.5
#: Above this score, a detection without a box is more likely an overlooked face than a false alarm.
FALSE_ALARM_SCORE = 0.6
#: Width and height of the box of a crop without a detected face, as shares of the crop; it is centred.
FALLBACK_SHARE = 0.8


@dataclass(frozen=True, kw_only=True)
class MatchedLabel:
    """The label of a detected face, by index, or of an annotated box that becomes a face.

    `label` is None for a face that the set does not label.
    """

    label: Label | None
    mask_kind: str | None = None
    found: int | None = None
    drawn: Box | None = None
    #: Whether the set has no box there, so that the import takes the detection for a false alarm.
    assumed: bool = False


def match_labels(truth: Truth, photo: DecodedPhoto, found: Sequence[FoundFace]) -> list[MatchedLabel]:
    """Labels of the faces of a photo; `found` are sorted by falling score.

    The boxes of `truth` lie in the photo, as `keep_usable_boxes` leaves them. Where it says that all faces
    are boxed, detections of a low score outside every box become `not_a_face`.
    """
    boxes = np.array([tuple(vars(face.box).values()) for face in found], np.float64).reshape(-1, 4)
    scores = np.array([face.score for face in found], np.float64)
    if truth.label is None:
        matched = list(_match_boxes(truth, boxes))
        if truth.teaches_negatives:
            matched += _false_alarms(truth, boxes, scores, {each.found for each in matched})
        return matched
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


def _match_boxes(truth: Truth, boxes: NDArray[np.float64]) -> Iterator[MatchedLabel]:
    """One label per annotated face, those without a label last."""
    annotated: list[tuple[Box, Label | None, str | None]] = [
        (each.box, each.label, each.mask_kind) for each in truth.boxes
    ]
    annotated += [(box, None, None) for box in truth.unlabelled]
    pairs = _pair_boxes(boxes, _corners([box for box, _, _ in annotated]))
    faces = {index: face for face, index in pairs.items()}
    for index, (box, label, mask_kind) in enumerate(annotated):
        face = faces.get(index)
        yield MatchedLabel(label=label, mask_kind=mask_kind, found=face, drawn=box if face is None else None)


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
    truth: Truth, boxes: NDArray[np.float64], scores: NDArray[np.float64], matched: set[int | None]
) -> list[MatchedLabel]:
    """Detections of a low score outside every annotated box, also outside the ignored ones."""
    ignored = [each.box for each in truth.dropped if each.box is not None]
    annotated = _corners([*(each.box for each in truth.boxes), *truth.unlabelled, *ignored])
    return [
        MatchedLabel(label=Label.NOT_A_FACE, found=face, assumed=True)
        for face, box in enumerate(boxes)
        if face not in matched and scores[face] <= FALSE_ALARM_SCORE and not _touches(box, annotated)
    ]


def _touches(box: NDArray[np.float64], annotated: NDArray[np.float64]) -> bool:
    if not len(annotated):
        return False
    return bool(
        overlaps(box, annotated).max() >= SAME_FACE_OVERLAP or contained(box, annotated).max() >= INSIDE
    )


def _corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    return np.array([tuple(vars(box).values()) for box in boxes], np.float64).reshape(-1, 4)


def _middle(photo: DecodedPhoto) -> Box:
    across, down = photo.width * FALLBACK_SHARE / 2, photo.height * FALLBACK_SHARE / 2
    x, y = photo.width / 2, photo.height / 2
    return Box(x1=x - across, y1=y - down, x2=x + across, y2=y + down)


def keep_usable_boxes(truth: Truth, photo: DecodedPhoto) -> Truth:
    """The truth with boxes clipped to the photo; tiny ones and those outside the photo are dropped.

    The boxes of `truth` are in pixels of the upright full-size photo.
    """
    boxes, unlabelled, dropped = [], [], list(truth.dropped)
    for each in truth.boxes:
        fitted = _fit(each.box, photo)
        if isinstance(fitted, Box):
            boxes.append(replace(each, box=fitted))
        else:
            dropped.append(DroppedObject(word=each.label.value, problem=fitted, box=each.box))
    for box in truth.unlabelled:
        fitted = _fit(box, photo)
        if isinstance(fitted, Box):
            unlabelled.append(fitted)
        else:
            dropped.append(DroppedObject(word=OtherWord.UNLABELLED, problem=fitted, box=box))
    return replace(truth, boxes=tuple(boxes), unlabelled=tuple(unlabelled), dropped=tuple(dropped))


def _fit(box: Box, photo: DecodedPhoto) -> Box | ObjectProblem:
    if box.width < SHORTEST_SIDE or box.height < SHORTEST_SIDE:
        return ObjectProblem.BOX_TINY
    x1, y1 = max(0.0, box.x1), max(0.0, box.y1)
    x2, y2 = min(float(photo.width), box.x2), min(float(photo.height), box.y2)
    if x2 - x1 < SHORTEST_SIDE or y2 - y1 < SHORTEST_SIDE:
        return ObjectProblem.BOX_OUTSIDE
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)
