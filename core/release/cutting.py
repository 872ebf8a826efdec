"""Labelled canvases of a picture, from the detector's candidates and drawn boxes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.correction import BoxCorrection
from core.detection.crop import cut
from core.detection.face import contained, overlaps
from core.detection.yunet import LANDMARKS, SCORE
from core.release.box_correction import SAME_FACE_OVERLAP, pair
from core.release.pictures import Origin, Picture
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

#: An unmatched candidate with a higher score is probably a face that the annotators missed.
FALSE_ALARM_SCORE = 0.6
BACKGROUNDS = 2
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
    #: The rows' boxes (n, 4), corrected.
    boxes: NDArray[np.float32]
    truth: AnnotatedPhoto | None


@dataclass(frozen=True, kw_only=True)
class _Face:
    box: NDArray[np.float32]
    label: Label
    source: str


def see(
    picture: Picture,
    index: int,
    rgb: NDArray[np.uint8],
    rows: NDArray[np.float32],
    correction: BoxCorrection,
    truth: AnnotatedPhoto | None,
) -> Seen:
    """Correct the boxes and clip them to the picture."""
    boxes = correction.apply(rows) if len(rows) else np.empty((0, 4), np.float32)
    limits = np.array([rgb.shape[1], rgb.shape[0]] * 2, np.float32)
    return Seen(
        picture=picture, index=index, rgb=rgb, rows=rows, boxes=np.clip(boxes, 0, limits), truth=truth
    )


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
    shown = pair(seen.rows, truth.boxes)
    for place, (drawn, label) in enumerate(zip(truth.boxes, truth.labels, strict=True)):
        rows = np.flatnonzero(shown == place)
        box = seen.boxes[rows[0]] if len(rows) else drawn
        if box[2] - box[0] < 4 or box[3] - box[1] < 4:
            continue
        yield _canvas(seen, seen.rgb, _Face(box=box, label=label, source="photos"))
        if label is Label.WITHOUT_MASK and len(rows):
            yield from _drawn(seen, int(rows[0]), rng)


def _crop_canvases(seen: Seen, rng: np.random.Generator) -> Iterator[Canvas]:
    """The one face of a crop: the largest and most certain candidate, or a guess at the centre."""
    label = seen.picture.label
    assert label is not None
    if not len(seen.rows):
        yield _canvas(seen, seen.rgb, _Face(box=_guess(seen), label=label, source=seen.picture.folder))
        return
    sides = seen.boxes[:, 2:] - seen.boxes[:, :2]
    best = int((np.sqrt(np.prod(sides, axis=1)) * seen.rows[:, SCORE]).argmax())
    yield _canvas(seen, seen.rgb, _Face(box=seen.boxes[best], label=label, source=seen.picture.folder))
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
    """The bare face of a row with a mask drawn in each position, and covered by a scarf and by a hand.

    Drawn masks are for training alone. Scarves and hands are also measured, for lack of real photos of them.
    Faces that are too small to draw on yield nothing.
    """
    box, landmarks = seen.boxes[row], seen.rows[row, LANDMARKS].reshape(5, 2).astype(float)
    size = float(np.sqrt(np.prod(box[2:] - box[:2])))
    if size < DRAWABLE_SIZE or seen.rows[row, SCORE] < DRAWABLE_SCORE:
        return
    try:
        if seen.picture.split is Split.TRAIN:
            for position, label in _POSITION_LABELS.items():
                style = list(MaskStyle)[rng.integers(len(MaskStyle))]
                rgb = draw_mask(seen.rgb, landmarks, style=style, position=position, rng=rng)
                yield _canvas(seen, rgb, _Face(box=box, label=label, source=f"drawn/{position}"))
        for cover in Cover:
            rgb = draw_cover(seen.rgb, landmarks, cover=cover, rng=rng)
            yield _canvas(seen, rgb, _Face(box=box, label=Label.WITHOUT_MASK, source=f"drawn/{cover}"))
    except ValueError:
        # The landmarks of a face in profile lie on one line, so nothing can be drawn on it.
        return


def _false_alarms(seen: Seen) -> Iterator[Canvas]:
    """Candidates away from all drawn boxes, unless the score suggests a face that the annotators missed."""
    known = seen.truth.boxes if seen.truth is not None else np.empty((0, 4), np.float32)
    for row, box in zip(seen.rows, seen.boxes, strict=True):
        apart = not len(known) or (
            overlaps(box, known).max() < SAME_FACE_OVERLAP and contained(box, known).max() < 0.5
        )
        sure = seen.truth is not None and row[SCORE] > FALSE_ALARM_SCORE
        if apart and not sure and (box[2:] - box[:2]).min() >= 4:
            face = _Face(box=box, label=Label.NOT_A_FACE, source=f"{_top(seen)}/false_alarms")
            yield _canvas(seen, seen.rgb, face)


def _backgrounds(seen: Seen, rng: np.random.Generator) -> Iterator[_Face]:
    """Random squares that touch neither a drawn box nor a candidate."""
    known = [seen.boxes] + ([seen.truth.boxes] if seen.truth is not None else [])
    taken = np.concatenate(known)
    height, width = seen.rgb.shape[:2]
    for _ in range(BACKGROUNDS):
        size = min(float(np.exp(rng.uniform(np.log(16), np.log(200)))), width / 2, height / 2)
        corner = np.array([rng.uniform(0, width - size), rng.uniform(0, height - size)])
        box = np.concatenate([corner, corner + size]).astype(np.float32)
        if not len(taken) or overlaps(box, taken).max() < 0.05:
            yield _Face(box=box, label=Label.NOT_A_FACE, source=f"{_top(seen)}/background")


def _top(seen: Seen) -> str:
    return seen.picture.folder.split("/")[0]


def _canvas(seen: Seen, rgb: NDArray[np.uint8], face: _Face) -> Canvas:
    pixels = cut(rgb, face.box[None], side=CANVAS_SIDE, context=CANVAS_CONTEXT)[0]
    return Canvas(
        pixels=pixels,
        label=face.label,
        split=seen.picture.split,
        source=face.source,
        face_size=float(np.sqrt(np.prod(face.box[2:] - face.box[:2]))),
        picture=seen.index,
    )
