"""The grids of the one-pass detector: pixels rearranged into patches, and network outputs to candidate rows.

The network never sees single pixels. Every 8 x 8 pixels become one cell with 192 channels, in NumPy, before
the first layer: a convolution at full resolution costs more memory traffic than all later layers together.
The network answers on three grids, whose cells are 8, 16 and 32 pixels wide. A cell says how probable it is
that it shows a face, where that face's box is, and which label it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.detector_card import PATCH, STRIDES
from core.detection.yunet import BOX, COLUMNS, LANDMARKS, SCORE

#: Channels of a cell: 8 x 8 pixels of 3 colours.
CHANNELS = 3 * PATCH * PATCH
#: Sides of the input are multiples of it, so that every grid has whole cells.
SIDE_MULTIPLE = 32
#: Labels that the network tells apart, in the order of `Label`; "not a face" is a low score.
LABELS = 3
#: Channels of the outputs per cell.
SCORES, CORNERS = 1, 4
#: Columns of a candidate row: those of `core.detection.yunet`, then the probability of each label.
LABEL = slice(COLUMNS, COLUMNS + LABELS)
#: Log of the largest ratio of a box's side to its cell: an untrained network cannot overflow.
LARGEST_LOG = 4.0


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Outputs of one grid, float32: scores (h, w) and labels (h, w, 3) as logits, boxes (h, w, 4).

    A box holds its centre's offset from the cell's middle, and the log of its width and height, all in cells.
    """

    stride: int
    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    labels: NDArray[np.float32]


def padded(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with black below and to the right, up to whole cells of the coarsest grid."""
    height, width = (-(-side // SIDE_MULTIPLE) * SIDE_MULTIPLE for side in rgb.shape[:2])
    if (height, width) == rgb.shape[:2]:
        return rgb
    filled = np.zeros((height, width, 3), np.uint8)
    filled[: rgb.shape[0], : rgb.shape[1]] = rgb
    return filled


def patches(rgb: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Pixels of uint8 (h, w, 3) RGB, less 128, as int8 (h / 8, w / 8, 192); sides are multiples of 8."""
    height, width = rgb.shape[0] // PATCH, rgb.shape[1] // PATCH
    # A row of a patch, 24 bytes, stays together; flipping the highest bit subtracts 128.
    rows = rgb.reshape(height, PATCH, width, PATCH * 3).transpose(0, 2, 1, 3)
    return (rows ^ np.uint8(128)).view(np.int8).reshape(height, width, CHANNELS)


def points(height: int, width: int, stride: int) -> NDArray[np.float32]:
    """Middles (x, y) of a grid's cells in pixels, float32 (height * width, 2), row by row."""
    y, x = np.divmod(np.arange(height * width), width)
    return ((np.stack([x, y], axis=1) + 0.5) * stride).astype(np.float32)


def grids_of(outputs: Sequence[NDArray[np.float32]]) -> list[Grid]:
    """Grids of a network's nine outputs (h, w, c): scores, boxes and labels of each stride."""
    return [
        Grid(stride=stride, scores=scores[..., 0], boxes=boxes, labels=labels)
        for stride, scores, boxes, labels in zip(
            STRIDES, outputs[::3], outputs[1::3], outputs[2::3], strict=True
        )
    ]


def decode(grids: Sequence[Grid], *, threshold: float) -> NDArray[np.float32]:
    """Candidates with at least this score, float32 (n, 19), unmerged, in pixels of the network's input.

    The network gives no landmarks; their columns are NaN. The scale column is 1.
    """
    return np.concatenate([_decode_grid(grid, threshold) for grid in grids])


def _decode_grid(grid: Grid, threshold: float) -> NDArray[np.float32]:
    # Compared before the sigmoid, which only the few survivors need.
    kept = np.flatnonzero(grid.scores.ravel() >= np.log(threshold / (1 - threshold)))
    height, width = grid.scores.shape
    boxes = grid.boxes.reshape(-1, CORNERS)[kept]
    centres = points(height, width, grid.stride)[kept] + boxes[:, :2] * grid.stride
    half = np.exp(np.minimum(boxes[:, 2:], LARGEST_LOG)) * grid.stride / 2
    rows = np.ones((len(kept), LABEL.stop), np.float32)
    rows[:, BOX] = np.concatenate([centres - half, centres + half], axis=1)
    rows[:, LANDMARKS] = np.nan
    rows[:, SCORE] = 1 / (1 + np.exp(-grid.scores.ravel()[kept]))
    rows[:, LABEL] = _probabilities(grid.labels.reshape(-1, LABELS)[kept])
    return rows


def _probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
