"""YuNet as something that a fit can train: its loss, as it was trained (YuNet: Wu et al. 2023).

A cell that answers for a face is to say so (`obj`) and how well its box fits (`cls`); the detector's score is
the root of their product. Landmarks are nowhere drawn by people, so they follow those of the network at the
start.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.detection.detector_card import STRIDES
from core.detection.grid import LARGEST_LOG, points
from core.training.detector.assignment import Assignment, Cells, Reach, areas, assign
from core.training.detector.losses import complete_overlap_loss, inside, joined
from core.training.detector.mosaics import DetectorBatch
from core.training.detector.network import KINDS, LoadedYuNet, load_yunet, to_onnx

BOX_WEIGHT, LANDMARK_WEIGHT = 5.0, 1.0
#: Faces of any size may be answered for on any grid: which cells do, the network knows already.
REACH = Reach(radius=2.5, smallest=0.0, largest=1e6)
#: The first network's landmarks count where it scored at least this much.
SURE_SCORE = 0.3


class YuNetLearner:
    """A network to train, the averaged one that becomes the file, and the one that it started from."""

    parts = ("loss", "object", "fit", "box", "landmarks")

    def __init__(self, file: bytes, *, side: int) -> None:
        """`side` is the side of a mosaic. Raises PermanentError weights_unknown_layout."""
        self._loaded = load_yunet(file)
        self.network, self.averaged = self._loaded.model, load_yunet(file).model
        self._first = load_yunet(file).model
        self._first.trainable = False
        self._cells = corner_cells(side)

    @property
    def loaded(self) -> LoadedYuNet:
        """The network with the graph of its file."""
        return self._loaded

    def file(self) -> bytes:
        """The ONNX file with the averaged weights."""
        return to_onnx(self._loaded, self.averaged)

    def arrays(self, batch: DetectorBatch) -> tuple[NDArray[Any], ...]:
        """Pictures in BGR, faces, ignored boxes."""
        return batch.pictures[..., ::-1], batch.faces, batch.ignored

    def loss(self, *tensors: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """The parts of the loss of a batch."""
        pictures, faces, ignored = tensors
        pictures = tf.cast(pictures, tf.float32)
        outputs, first = self.network(pictures, training=True), self._first(pictures, training=False)
        return yunet_loss(outputs, first, faces, ignored, self._cells)


def corner_cells(side: int) -> Cells:
    """Cells of a square picture; YuNet's boxes are offsets from a cell's left upper corner."""
    grids = [(points(side // each, side // each, each) - each / 2, each) for each in STRIDES]
    return Cells(
        points=tf.constant(np.concatenate([corners for corners, _ in grids])),
        strides=tf.concat([tf.fill([len(corners)], float(stride)) for corners, stride in grids], axis=0),
    )


def yunet_loss(
    outputs: Sequence[tf.Tensor],
    first: Sequence[tf.Tensor],
    faces: tf.Tensor,
    ignored: tf.Tensor,
    cells: Cells,
) -> dict[str, tf.Tensor]:
    """Scalars by name; `outputs` and `first` are the twelve outputs of the network and of the first one.

    `faces` (b, f, 4) and `ignored` (b, i, 4) are corners in pixels; boxes without area are none. A cell in an
    ignored box is neither right nor wrong if it scores.
    """
    fit, present, raw, landmarks = (joined(outputs[at :: len(KINDS)]) for at in range(len(KINDS)))
    fit, present, boxes = fit[..., 0], present[..., 0], corners(raw, cells)
    scores = _score_logits(tf.stop_gradient(fit), tf.stop_gradient(present))
    found = assign(cells, scores, tf.stop_gradient(boxes), faces, REACH)
    positive = tf.cast(found.positive, tf.float32)
    count = tf.maximum(tf.reduce_sum(positive), 1.0)
    wanted = tf.gather(faces, found.face, batch_dims=1)
    counted = 1 - (1 - positive) * inside(cells, ignored)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits
    parts = {
        "object": tf.reduce_sum(entropy(labels=positive, logits=present) * counted) / count,
        "fit": tf.reduce_sum(entropy(labels=found.overlap, logits=fit) * positive) / count,
        "box": tf.reduce_sum(complete_overlap_loss(boxes, wanted) * positive) / count,
        "landmarks": _landmark_loss(landmarks, first, found, wanted, cells) / count,
    }
    weighted = BOX_WEIGHT * parts["box"] + LANDMARK_WEIGHT * parts["landmarks"]
    return {"loss": parts["object"] + parts["fit"] + weighted, **parts}


def corners(raw: tf.Tensor, cells: Cells) -> tf.Tensor:
    """Corners (b, a, 4) in pixels of raw boxes (b, a, 4), as `core.detection.yunet` decodes them."""
    strides = cells.strides[:, None]
    centres = cells.points + raw[..., :2] * strides
    half = tf.exp(tf.minimum(raw[..., 2:], LARGEST_LOG)) * strides / 2
    return tf.concat([centres - half, centres + half], axis=-1)


def _score_logits(fit: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """The detector's score, the root of the product of both, as a logit."""
    score = tf.clip_by_value(tf.sqrt(tf.sigmoid(fit) * tf.sigmoid(present)), 1e-6, 1 - 1e-6)
    return tf.math.log(score / (1 - score))


def _landmark_loss(
    landmarks: tf.Tensor, first: Sequence[tf.Tensor], found: Assignment, faces: tf.Tensor, cells: Cells
) -> tf.Tensor:
    """Distance from the first network's landmarks, in sizes of the face, where that network saw the face."""
    fit, present, _, known = (joined(first[at :: len(KINDS)]) for at in range(len(KINDS)))
    sure = tf.sigmoid(_score_logits(fit[..., 0], present[..., 0])) >= SURE_SCORE
    counted = tf.cast(sure & found.positive, tf.float32)
    size = tf.maximum(tf.sqrt(areas(faces)), 1.0) / cells.strides
    apart = tf.reduce_mean(tf.abs(landmarks - known), axis=-1) / tf.maximum(size, 0.5)
    return tf.reduce_sum(apart * counted)
