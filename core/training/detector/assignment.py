"""Which cells answer for which face: dynamic assignment, as in YOLOX (SimOTA: Ge et al. 2021).

For every face the cells near its middle compete, on grids that suit its size. A cell's cost falls with its
score and with the overlap of its box; as many cells win as their best boxes overlap the face in sum. Early
boxes overlap little, so one cell learns; later, up to ten do.
"""

from dataclasses import dataclass

import tensorflow as tf

#: Most cells that answer for one face.
MOST_CELLS = 10
#: Weight of the overlap's cost beside the score's.
OVERLAP_COST = 3.0
_FORBIDDEN = 1e5


@dataclass(frozen=True, kw_only=True)
class Cells:
    """All cells of an input's grids: middles (a, 2) and widths (a,), in pixels."""

    points: tf.Tensor
    strides: tf.Tensor


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Which cells compete for a face, in widths of the cells."""

    #: Distance from the face's middle.
    radius: float = 1.5
    #: Sizes of faces that a grid may answer for; the finest and coarsest have no limit beyond.
    smallest: float = 1.2
    largest: float = 8.0


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Per cell (b, a): whether it answers for a face, which one, and how much its box overlaps that."""

    positive: tf.Tensor
    face: tf.Tensor
    overlap: tf.Tensor


def areas(boxes: tf.Tensor) -> tf.Tensor:
    """Areas (...,) of boxes (..., 4)."""
    return tf.reduce_prod(tf.nn.relu(boxes[..., 2:] - boxes[..., :2]), axis=-1)


def overlaps(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Intersection over union of boxes (..., 4), broadcast."""
    sides = tf.minimum(one[..., 2:], other[..., 2:]) - tf.maximum(one[..., :2], other[..., :2])
    shared = tf.reduce_prod(tf.nn.relu(sides), axis=-1)
    return shared / (areas(one) + areas(other) - shared + 1e-6)


_REACH = Reach()


def assign(
    cells: Cells, scores: tf.Tensor, boxes: tf.Tensor, faces: tf.Tensor, reach: Reach = _REACH
) -> Assignment:
    """Match cells to faces.

    `scores` (b, a) are logits and `boxes` (b, a, 4) corners of the cells; `faces` (b, f, 4) are corners,
    those without area being none.
    """
    allowed = _allowed(cells, faces, reach)
    shared = overlaps(faces[:, :, None], boxes[:, None]) * tf.cast(allowed, tf.float32)
    cost = tf.nn.softplus(-scores)[:, None] - OVERLAP_COST * tf.math.log(shared + 1e-7)
    cost = tf.where(allowed, cost, _FORBIDDEN)
    chosen = _cheapest(cost, shared) & allowed
    # A cell that several faces want answers for the one that costs it least.
    face = tf.argmin(tf.where(chosen, cost, _FORBIDDEN), axis=1, output_type=tf.int32)
    positive = tf.reduce_any(chosen, axis=1)
    overlap = tf.gather(tf.transpose(shared, (0, 2, 1)), face, batch_dims=2)
    return Assignment(positive=positive, face=face, overlap=tf.where(positive, overlap, 0.0))


def _allowed(cells: Cells, faces: tf.Tensor, reach: Reach) -> tf.Tensor:
    """Which cells (b, f, a) may answer for which face."""
    size = tf.sqrt(areas(faces))[..., None]
    middle = (faces[..., :2] + faces[..., 2:]) / 2
    apart = tf.reduce_max(tf.abs(middle[:, :, None] - cells.points), axis=-1)
    finest, coarsest = tf.reduce_min(cells.strides), tf.reduce_max(cells.strides)
    large = (size >= reach.smallest * cells.strides) | (cells.strides == finest)
    small = (size < reach.largest * cells.strides) | (cells.strides == coarsest)
    return (apart < reach.radius * cells.strides) & large & small & (size > 0)


def _cheapest(cost: tf.Tensor, shared: tf.Tensor) -> tf.Tensor:
    """The cells (b, f, a) of least cost for each face, as many as the sum of its ten best overlaps."""
    most = tf.minimum(MOST_CELLS, tf.shape(cost)[-1])
    best = tf.reduce_sum(tf.math.top_k(shared, most).values, axis=-1)
    count = tf.clip_by_value(tf.cast(best, tf.int32), 1, most)
    cheapest = -tf.math.top_k(-cost, most).values
    limit = tf.gather(cheapest, count - 1, axis=-1, batch_dims=2)
    return cost <= limit[..., None]
