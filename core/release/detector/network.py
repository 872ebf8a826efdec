"""The one-pass detector's network: patches of 8 x 8 pixels in; scores, boxes and labels on three grids out.

Residual 3 x 3 convolutions at strides 8, 16 and 32, and a path from coarse to fine. Upsampling is a 1 x 1
convolution whose channels become 2 x 2 cells, because a resize would fix the input's size in the exported
file.
"""

from typing import Any, TypeAlias

import keras
import tensorflow as tf

from core.detection.grid import CHANNELS, CORNERS, LABELS, SCORES

#: Channels at strides 8, 16 and 32, and residual blocks at each.
WIDTHS = (64, 128, 128)
BLOCKS = (2, 1, 1)
#: The score of an untrained cell, as a logit: faces are rare, and the loss starts where it would soon be.
FIRST_SCORE = -4.6
#: The side of an untrained cell's box, as the log of cells: 3 cells, the middle of what a grid answers for.
FIRST_SIDE = 1.1

#: Keras's tensors have no types.
Tensor: TypeAlias = Any


def build_network(
    widths: tuple[int, int, int] = WIDTHS, blocks: tuple[int, int, int] = BLOCKS
) -> keras.Model:
    """An untrained network for patches float32 (n, h, w, 192) from -1 to 1.

    Returns nine outputs, for strides 8, 16, 32 each: scores (n, h, w, 1), boxes (n, h, w, 4), labels (n, h,
    w, 3).
    """
    patches = keras.Input((None, None, CHANNELS), name="patches")
    fine = _stage(_convolution(patches, widths[0], side=1), blocks[0])
    middle = _stage(_convolution(fine, widths[1], stride=2), blocks[1])
    coarse = _stage(_convolution(middle, widths[2], stride=2), blocks[2])
    middle = _convolution(keras.layers.Add()([middle, _finer(coarse, widths[1])]), widths[1])
    fine = _convolution(keras.layers.Add()([fine, _finer(middle, widths[0])]), widths[0])
    outputs = [output for features in (fine, middle, coarse) for output in _heads(features)]
    return keras.Model(patches, outputs, name="face_detector")


def _convolution(
    features: Tensor, width: int, *, side: int = 3, stride: int = 1, active: bool = True
) -> Tensor:
    """A convolution with batch normalization, which the export folds into it."""
    found = keras.layers.Conv2D(width, side, stride, padding="same", use_bias=False)(features)
    found = keras.layers.BatchNormalization(momentum=0.95, epsilon=1e-3)(found)
    return keras.layers.ReLU()(found) if active else found


def _stage(features: Tensor, blocks: int) -> Tensor:
    width = features.shape[-1]
    for _ in range(blocks):
        inner = _convolution(_convolution(features, width), width, active=False)
        features = keras.layers.ReLU()(keras.layers.Add()([features, inner]))
    return features


def _finer(features: Tensor, width: int) -> Tensor:
    """Each cell's channels as 2 x 2 cells with `width` channels."""
    return DepthToSpace()(_convolution(features, 4 * width, side=1))


def _heads(features: Tensor) -> list[Tensor]:
    zeros, constant = keras.initializers.Zeros(), keras.initializers.Constant
    small = keras.initializers.RandomNormal(stddev=0.01)
    firsts = ((SCORES, constant(FIRST_SCORE)), (CORNERS, _first_box), (LABELS, zeros))
    return [
        keras.layers.Conv2D(count, 1, kernel_initializer=small, bias_initializer=first)(features)
        for count, first in firsts
    ]


def _first_box(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
    """Centre offsets of 0, and the sides of a face of three cells."""
    return keras.ops.array([0.0, 0.0, FIRST_SIDE, FIRST_SIDE], dtype)


@keras.saving.register_keras_serializable("maskloop")
class DepthToSpace(keras.layers.Layer):
    """Channels (n, h, w, 4 c) as cells (n, 2 h, 2 w, c)."""

    def call(self, features: Tensor) -> Tensor:
        """Rearrange, as one operation that LiteRT knows."""
        return tf.nn.depth_to_space(features, 2)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of `call`'s result."""
        count, height, width, channels = shape
        return count, height and height * 2, width and width * 2, channels and channels // 4
