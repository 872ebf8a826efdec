"""Labelled canvases of a picture, from the detector's candidates and drawn boxes."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.crop import cut
from core.detection.detector import face_boxes
from core.detection.face import contained, overlaps
from core.detection.yunet import LANDMARKS, SCORE
from core.release.pictures import Origin, Picture
from core.release.unboxed import NO_FACES, UnboxedFaces
from core.release.voc import AnnotatedPhoto
from core.samples.drawn_cover import Cover, draw_cover
from core.samples.drawn_mask import MaskPosition, MaskStyle, draw_mask
from core.training.network.canvas import (
    CANVAS_CONTEXT,
    CANVAS_SIDE,
    DRAWABLE_SCORE,
    DRAWABLE_SIZE,
    Canvas,
)
from models.label import Label
from models.split import Split

#: IoU at which a candidate belongs to a drawn box: annotators draw a face's box differently from YuNet.
SAME_FACE_OVERLAP = 0.3
#: An unmatched candidate with a higher score is probably a face that the annotators missed.
FALSE_ALARM_SCORE = 0.45
#: A candidate that shares more with a drawn box, as IoU or of the smaller area, shows a part of a face.
PART_OVERLAP, PART_INSIDE = 0.1, 0.25
BACKGROUNDS = 2
#: Kinds of cover that are drawn on a training face; all kinds are drawn on test faces.
TRAINING_COVERS = 2
#: Where no face is found in a crop, a centred box with this share of the crop's sides is used.
FALLBACK_SHARE = 0.8
PORTRAIT_FALLBACK_SHARE = 0.45

_POSITION_LABELS = {
    MaskPosition.WORN: Label.WITH_MASK,
    MaskPosition.UNDER_NOSE: Label.INCORRECT,
    MaskPosition.CHIN: Label.INCORRECT,
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A decoded picture (h, w, 3) RGB, its index in the list, and the detector's rows (n, 16) on it."""

    picture: Picture
    index: int
    rgb: NDArray[np.uint8]
    rows: NDArray[np.float32]
    #: The rows' face boxes (n, 4).
    boxes: NDArray[np.float32]
    truth: AnnotatedPhoto | None
    #: How far the boxes of `truth` are below the detector's, in face sizes.
    drawn_lower: float
    #: Faces without a drawn box that a person saw.
    unboxed: UnboxedFaces = NO_FACES


@dataclass(frozen=True, kw_only=True)
class Face:
    """What is cut: a box (4,), its label, and the row of the card that counts it."""

    box: NDArray[np.float32]
    label: Label
    source: str


def see(
    picture: Picture,
    index: int,
    rgb: NDArray[np.uint8],
    rows: NDArray[np.float32],
    truth: AnnotatedPhoto | None,
    *,
    drawn_lower: float = 0.0,
    unboxed: UnboxedFaces = NO_FACES,
) -> Seen:
    """Add the face boxes of the rows."""
    return Seen(
        picture=picture,
        index=index,
        rgb=rgb,
        rows=rows,
        boxes=face_boxes(rows, width=rgb.shape[1], height=rgb.shape[0]),
        truth=truth,
        drawn_lower=drawn_lower,
        unboxed=unboxed,
    )


def pair(boxes: NDArray[np.floating], drawn: NDArray[np.floating]) -> NDArray[np.int64]:
    """Match the boxes (n, 4) of one photo, best score first: each one's drawn box or -1, int64 (n,)."""
    free = np.ones(len(drawn), bool)
    pairs = np.full(len(boxes), -1, np.int64)
    for index, box in enumerate(boxes):
        shared = np.where(free, overlaps(box, drawn), 0.0)
        if len(shared) and shared.max() >= SAME_FACE_OVERLAP:
            pairs[index] = int(shared.argmax())
            free[pairs[index]] = False
    return pairs


def lower_by(boxes: NDArray[np.floating], drawn: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far the centres of drawn boxes (n, 4) are below those of boxes, in face sizes, float64 (n,)."""
    sizes = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float64))
    return (drawn[:, [1, 3]].mean(axis=1) - boxes[:, [1, 3]].mean(axis=1)) / sizes


def canvases_of(seen: Seen) -> Iterator[Canvas]:
    """Every labelled canvas of a picture; the random seed depends on its name and index alone."""
    rng = np.random.default_rng([*seen.picture.path.name.encode(), seen.index])
    if seen.picture.origin is Origin.CROP:
        yield from _crop_canvases(seen, rng)
        return
    if seen.truth is not None:
        yield from _photo_canvases(seen, seen.truth, rng)
    yield from _false_alarms(seen)
    yield from (_canvas(seen, seen.rgb, face) for face in _backgrounds(seen, rng))


def _photo_canvases(seen: Seen, truth: AnnotatedPhoto, rng: np.random.Generator) -> Iterator[Canvas]:
    """One canvas per drawn box: as the detector found it, or as drawn where the detector missed it."""
    shown = pair(seen.boxes, truth.boxes)
    for place, (drawn, label) in enumerate(zip(truth.boxes, truth.labels, strict=True)):
        rows = np.flatnonzero(shown == place)
        box = seen.boxes[rows[0]] if len(rows) else _raised(drawn, seen.drawn_lower)
        if box[2] - box[0] < 4 or box[3] - box[1] < 4:
            continue
        yield _canvas(seen, seen.rgb, Face(box=box, label=label, source="photos"))
        if label is Label.WITHOUT_MASK and len(rows):
            yield from _drawn(seen, int(rows[0]), rng)


def _raised(drawn: NDArray[np.float32], lower: float) -> NDArray[np.float32]:
    """A drawn box (4,) where the detector would have placed it."""
    up = lower * float(np.sqrt(np.prod(drawn[2:] - drawn[:2])))
    return drawn - np.array([0, up, 0, up], np.float32)


def _crop_canvases(seen: Seen, rng: np.random.Generator) -> Iterator[Canvas]:
    """The one face of a crop: the largest and most certain candidate, or a guess at the centre."""
    label = seen.picture.label
    assert label is not None
    if not len(seen.rows):
        yield _canvas(seen, seen.rgb, Face(box=_guess(seen), label=label, source=seen.picture.folder))
        return
    sides = seen.boxes[:, 2:] - seen.boxes[:, :2]
    best = int((np.sqrt(np.prod(sides, axis=1)) * seen.rows[:, SCORE]).argmax())
    yield _canvas(seen, seen.rgb, Face(box=seen.boxes[best], label=label, source=seen.picture.folder))
    if label is Label.WITHOUT_MASK:
        yield from _drawn(seen, best, rng)


def _guess(seen: Seen) -> NDArray[np.float32]:
    height, width = seen.rgb.shape[:2]
    portrait = "portraits" in seen.picture.folder
    share = PORTRAIT_FALLBACK_SHARE if portrait else FALLBACK_SHARE
    # A portrait's head is above its middle.
    centre = np.array([width / 2, height * (0.38 if portrait else 0.5)])
    half = np.array([width, height]) * share / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32)


def _drawn(seen: Seen, row: int, rng: np.random.Generator) -> Iterator[Canvas]:
    """The bare face of a row with a mask drawn in each position, and with what else covers a mouth.

    Drawn masks are for training alone. Covers are also measured, for lack of real photos of them.
    Faces that are too small to draw on yield nothing.
    """
    box, landmarks = seen.boxes[row], seen.rows[row, LANDMARKS].reshape(5, 2).astype(float)
    size = float(np.sqrt(np.prod(box[2:] - box[:2])))
    if size < DRAWABLE_SIZE or seen.rows[row, SCORE] < DRAWABLE_SCORE:
        return
    around, box, landmarks = _with_room(seen.rgb, box, landmarks)
    try:
        if seen.picture.split is Split.TRAIN:
            for position, label in _POSITION_LABELS.items():
                style = list(MaskStyle)[rng.integers(len(MaskStyle))]
                rgb = draw_mask(around, landmarks, style=style, position=position, rng=rng)
                yield _canvas(seen, rgb, Face(box=box, label=label, source=f"drawn/{position}"))
        for cover in _covers(seen, rng):
            rgb = draw_cover(around, landmarks, cover=cover, rng=rng)
            yield _canvas(seen, rgb, Face(box=box, label=Label.WITHOUT_MASK, source=f"drawn/{cover}"))
    except ValueError:
        # The landmarks of a face in profile lie on one line, so nothing can be drawn on it.
        return


def _covers(seen: Seen, rng: np.random.Generator) -> list[Cover]:
    """What is drawn over a mouth: everything where it is measured, two kinds of it for training."""
    if seen.picture.split is Split.TEST:
        return list(Cover)
    return [list(Cover)[index] for index in rng.permutation(len(Cover))[:TRAINING_COVERS]]


def _with_room(
    rgb: NDArray[np.uint8], box: NDArray[np.float32], landmarks: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]]:
    """The part of a picture around a box, its border repeated as in a crop; box and landmarks in its pixels.

    Otherwise a mask that reaches beyond a tight picture would end in stripes.
    """
    reach = CANVAS_CONTEXT * float(np.sqrt(np.prod(box[2:] - box[:2])))
    left, top = np.floor((box[:2] + box[2:] - reach) / 2).astype(int).tolist()
    right, bottom = np.ceil((box[:2] + box[2:] + 1.2 * reach) / 2).astype(int).tolist()
    height, width = rgb.shape[:2]
    inner = rgb[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    margins = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    padded = cv2.copyMakeBorder(inner, *margins, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
    origin = np.array([left, top], np.float32)
    return padded, box - np.tile(origin, 2), landmarks - origin


def _false_alarms(seen: Seen) -> Iterator[Canvas]:
    """Candidates away from all drawn boxes, unless the score suggests a face that the annotators missed."""
    known = seen.truth.boxes if seen.truth is not None else np.empty((0, 4), np.float32)
    for row, box in zip(seen.rows, seen.boxes, strict=True):
        apart = not len(known) or (
            overlaps(box, known).max() < PART_OVERLAP and contained(box, known).max() < PART_INSIDE
        )
        sure = seen.truth is not None and row[SCORE] > FALSE_ALARM_SCORE
        if apart and not sure and (box[2:] - box[:2]).min() >= 4:
            face = _without_box(seen, box)
            if face is not None:
                yield _canvas(seen, seen.rgb, face)


def _without_box(seen: Seen, box: NDArray[np.float32]) -> Face | None:
    """A candidate away from all drawn boxes: a false alarm, a listed face, or nothing to learn from."""
    number = seen.unboxed.at(box)
    if number is None:
        return Face(box=box, label=Label.NOT_A_FACE, source=f"{_top(seen)}/false_alarms")
    label = seen.unboxed.labels[number]
    return None if label is None else Face(box=box, label=label, source=f"{_top(seen)}/unboxed")


def _backgrounds(seen: Seen, rng: np.random.Generator) -> Iterator[Face]:
    """Random squares that touch neither a drawn box nor a candidate."""
    known = [seen.boxes] + ([seen.truth.boxes] if seen.truth is not None else [])
    taken = np.concatenate(known)
    height, width = seen.rgb.shape[:2]
    for _ in range(BACKGROUNDS):
        size = min(float(np.exp(rng.uniform(np.log(16), np.log(200)))), width / 2, height / 2)
        corner = np.array([rng.uniform(0, width - size), rng.uniform(0, height - size)])
        box = np.concatenate([corner, corner + size]).astype(np.float32)
        if not len(taken) or overlaps(box, taken).max() < 0.05:
            yield Face(box=box, label=Label.NOT_A_FACE, source=f"{_top(seen)}/background")


def _top(seen: Seen) -> str:
    return seen.picture.folder.split("/")[0]


def _canvas(seen: Seen, rgb: NDArray[np.uint8], face: Face) -> Canvas:
    return canvas_of(seen.picture, seen.index, rgb, face)


def canvas_of(picture: Picture, index: int, rgb: NDArray[np.uint8], face: Face) -> Canvas:
    """The canvas around a face of a picture, the `index`-th of the list; `rgb` may be a view of it."""
    pixels = cut(rgb, face.box[None], side=CANVAS_SIDE, context=CANVAS_CONTEXT)[0]
    return Canvas(
        pixels=pixels,
        label=face.label,
        split=picture.split,
        source=face.source,
        face_size=float(np.sqrt(np.prod(face.box[2:] - face.box[:2]))),
        picture=index,
    )
