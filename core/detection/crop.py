"""Cut the square around a face that the classifier gets."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CONTEXT, DOWN
from core.detection.pixels import for_opencv


def cut(
    rgb: NDArray[np.uint8],
    boxes: NDArray[np.floating],
    *,
    side: int,
    context: float = CONTEXT,
    down: float = DOWN,
) -> NDArray[np.uint8]:
    """Cut squares for boxes (n, 4), in pixels of `rgb` (h, w, 3); returns uint8 (n, side, side, 3).

    Parts of a square outside the photo repeat the pixels of its border.
    """
    crops = np.empty((len(boxes), side, side, 3), np.uint8)
    for crop, box in zip(crops, boxes, strict=True):
        square = _square(rgb, box, context, down)
        method = cv2.INTER_AREA if square.shape[0] > side else cv2.INTER_LINEAR
        cv2.resize(square, (side, side), dst=crop, interpolation=method)
    return crops


def crop_entry(side: int) -> dict[str, object]:
    """The entry `input` of the card of a network that learns from crops of `side` pixels."""
    return {"side": side, "context": CONTEXT, "down": DOWN, "colours": "RGB", "range": [0, 255]}


def _square(
    rgb: NDArray[np.uint8], box: NDArray[np.floating], context: float, down: float
) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    size = float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
    length = max(4, round(size * context))
    left = round(float(box[0] + box[2] - length) / 2)
    top = round(float(box[1] + box[3] - length) / 2 + size * down)
    right, bottom = left + length, top + length
    inner = for_opencv(rgb[_within(top, height) : max(bottom, 1), _within(left, width) : max(right, 1)])
    # The border fills up what a box beyond the photo's edge leaves of the square.
    above, before = max(0, -top), max(0, -left)
    below, after = length - above - inner.shape[0], length - before - inner.shape[1]
    if above == before == below == after == 0:
        return inner
    return cv2.copyMakeBorder(inner, above, below, before, after, cv2.BORDER_REPLICATE).astype(
        np.uint8, copy=False
    )


def _within(position: int, length: int) -> int:
    return max(0, min(position, length - 1))
