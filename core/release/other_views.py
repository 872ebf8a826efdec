"""More false alarms of photos without people: as found at other sizes, turned, and from a lower score.

The photos are few, and each has few candidates as it is. Nothing in them is a face, so every candidate of
every view may be taught as `not_a_face`.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.detector import LEAST_SIDE, face_boxes
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.yunet import SCORE
from core.release.cutting import Face, canvas_of
from core.release.pictures import Origin, Picture
from core.training.network.canvas import Canvas
from models.label import Label
from models.split import Split

Rgb = NDArray[np.uint8]
#: A much lower score than in prediction: what nearly looks like a face teaches too.
VIEW_OPTIONS = DetectionOptions(score_threshold=0.08)
#: Candidates with at least this score are picked more often.
LIKELY_SCORE = 0.2
#: At most so many candidates of a view, best first.
MOST = 30
#: A larger photo is not enlarged.
_LARGEST = 900


def _resized(rgb: Rgb, factor: float, method: int) -> Rgb:
    return np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=method), np.uint8)


def _enlarged(rgb: Rgb) -> Rgb:
    return rgb if max(rgb.shape) >= _LARGEST else _resized(rgb, 2.0, cv2.INTER_CUBIC)


VIEWS: dict[str, Callable[[Rgb], Rgb]] = {
    "as it is": lambda rgb: rgb,
    "enlarged": _enlarged,
    "shrunk": lambda rgb: _resized(rgb, 0.5, cv2.INTER_AREA),
    "on its side": lambda rgb: np.ascontiguousarray(np.rot90(rgb)),
    "upside down": lambda rgb: np.ascontiguousarray(rgb[::-1, ::-1]),
    "mirrored": lambda rgb: np.ascontiguousarray(rgb[:, ::-1]),
}


def view_canvases(picture: Picture, index: int, rgb: Rgb, finder: FaceFinder) -> Iterator[Canvas]:
    """The candidates of every view of a training photo without people, uint8 (h, w, 3) RGB, as canvases.

    `finder` has `VIEW_OPTIONS`. Other splits keep their photos as they are, because they measure.
    """
    if picture.origin is not Origin.NEGATIVE or picture.split is not Split.TRAIN:
        return
    for view in VIEWS.values():
        yield from _candidates(picture, index, view(rgb), finder)


def _candidates(picture: Picture, index: int, rgb: Rgb, finder: FaceFinder) -> Iterator[Canvas]:
    height, width = rgb.shape[:2]
    rows = finder.find(DecodedPhoto(rgb=rgb, width=width, height=height, format="JPEG"))
    boxes = face_boxes(rows, width=width, height=height)
    large = (boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(axis=1)
    for row, box in zip(rows[large][:MOST], boxes[large][:MOST], strict=True):
        kind = "likely" if row[SCORE] >= LIKELY_SCORE else "unlikely"
        source = f"negatives/other_views/{kind}"
        yield canvas_of(picture, index, rgb, Face(box=box, label=Label.NOT_A_FACE, source=source))
