"""Losses that face detectors share: overlap of boxes, quality of scores, cells that count."""

import math
from collections.abc import Sequence

import tensorflow as tf

from core.training.detector.assignment import Cells, areas, overlaps


def quality_focal(logits: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Quality focal loss per cell: the score is to be the box's overlap (Li et al. 2020)."""
    distance = tf.stop_gradient(tf.square(wanted - tf.sigmoid(logits)))
    return distance * tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits)


def complete_overlap_loss(boxes: tf.Tensor, faces: tf.Tensor) -> tf.Tensor:
    """CIoU loss (...,) of boxes (..., 4): overlap, distance of the centres, aspect (Zheng et al. 2020)."""
    shared = overlaps(boxes, faces)
    hull = tf.maximum(boxes[..., 2:], faces[..., 2:]) - tf.minimum(boxes[..., :2], faces[..., :2])
    apart = (boxes[..., :2] + boxes[..., 2:] - faces[..., :2] - faces[..., 2:]) / 2
    distance = tf.reduce_sum(apart**2, axis=-1) / (tf.reduce_sum(hull**2, axis=-1) + 1e-6)
    aspect = (4 / math.pi**2) * tf.square(_angle(boxes) - _angle(faces))
    share = tf.stop_gradient(aspect / (1 - shared + aspect + 1e-6))
    return 1 - shared + distance + share * aspect


def _angle(boxes: tf.Tensor) -> tf.Tensor:
    sides = tf.nn.relu(boxes[..., 2:] - boxes[..., :2])
    return tf.atan(sides[..., 0] / (sides[..., 1] + 1e-3))


def inside(cells: Cells, boxes: tf.Tensor) -> tf.Tensor:
    """1 where a cell's middle (b, a) is in one of the boxes (b, i, 4), else 0."""
    over = cells.points >= boxes[:, :, None, :2]
    under = cells.points <= boxes[:, :, None, 2:]
    within = tf.reduce_all(over & under, axis=-1) & (areas(boxes) > 0)[..., None]
    return tf.cast(tf.reduce_any(within, axis=1), tf.float32)


def joined(grids: Sequence[tf.Tensor]) -> tf.Tensor:
    """Outputs (b, h, w, c) of the grids as (b, a, c)."""
    return tf.concat([tf.reshape(grid, (tf.shape(grid)[0], -1, grid.shape[-1])) for grid in grids], axis=1)
