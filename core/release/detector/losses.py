"""The loss of the one-pass detector: scores, boxes and labels of all cells against the faces of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from core.detection.detector_card import STRIDES
from core.detection.grid import LARGEST_LOG, points
from core.training.detector.assignment import Cells, assign
from core.training.detector.losses import complete_overlap_loss, inside, joined, quality_focal

BOX_WEIGHT = 2.0
LABEL_WEIGHT = 0.5
#: A cell that answers for a face is to score at least this, however bad its box is yet.
LEAST_SCORE = 0.3


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What a batch shows: faces (b, f, 4), labels (b, f, 3), ignored boxes (b, i, 4), all float32.

    Boxes without area are none. A face's labels are probabilities; those of an unknown label are all 0.
    Cells in ignored boxes are neither right nor wrong if they score.
    """

    faces: tf.Tensor
    labels: tf.Tensor
    ignored: tf.Tensor


def make_cells(height: int, width: int) -> Cells:
    """The cells of an input of height x width pixels, grids one after another, each row by row."""
    grids = [(height // stride, width // stride, stride) for stride in STRIDES]
    return Cells(
        points=tf.concat([tf.constant(points(*grid)) for grid in grids], axis=0),
        strides=tf.concat(
            [tf.fill([rows * columns], float(stride)) for rows, columns, stride in grids], axis=0
        ),
    )


def detector_loss(outputs: Sequence[tf.Tensor], targets: Targets, cells: Cells) -> dict[str, tf.Tensor]:
    """Scalars `score`, `box`, `label` and their weighted sum `loss`; `outputs` are the network's nine."""
    scores, raw, labels = (joined(outputs[kind::3]) for kind in range(3))
    scores, boxes = scores[..., 0], corners(raw, cells)
    found = assign(cells, tf.stop_gradient(scores), tf.stop_gradient(boxes), targets.faces)
    positive = tf.cast(found.positive, tf.float32)
    count = tf.maximum(tf.reduce_sum(positive), 1.0)
    faces = tf.gather(targets.faces, found.face, batch_dims=1)
    known = tf.gather(targets.labels, found.face, batch_dims=1)
    wanted = tf.where(found.positive, tf.maximum(found.overlap, LEAST_SCORE), 0.0)
    counted = 1 - (1 - positive) * inside(cells, targets.ignored)
    parts = {
        "score": tf.reduce_sum(quality_focal(scores, wanted) * counted) / count,
        "box": tf.reduce_sum(complete_overlap_loss(boxes, faces) * positive) / count,
        "label": tf.reduce_sum(-tf.reduce_sum(known * tf.nn.log_softmax(labels), axis=-1) * positive) / count,
    }
    return {**parts, "loss": parts["score"] + BOX_WEIGHT * parts["box"] + LABEL_WEIGHT * parts["label"]}


def corners(raw: tf.Tensor, cells: Cells) -> tf.Tensor:
    """Corners (b, a, 4) in pixels of raw boxes (b, a, 4), as `core.detection.grid` decodes them."""
    strides = cells.strides[:, None]
    centres = cells.points + raw[..., :2] * strides
    half = tf.exp(tf.minimum(raw[..., 2:], LARGEST_LOG)) * strides / 2
    return tf.concat([centres - half, centres + half], axis=-1)
