"""Which layers of Keras the ONNX operators with weights or windows become."""

from typing import Any

import keras
import numpy as np

from core.training.converting.keras_values import Operator, Value, weighted

_LOWEST = float(np.finfo(np.float32).min)
Pads = tuple[tuple[int, int], tuple[int, int]]


def convolution(operator: Operator) -> Value:
    """Any 2-D convolution."""
    kernel, bias = operator.inputs[1].constant, operator.constant(2)  # type: ignore[union-attr]
    outputs, _, height, width = kernel.shape
    pictures, group = operator.given.pictures, operator.attribute("group", 1)
    channels = pictures.shape[3]
    strides, dilations = (tuple(operator.attribute(each, (1, 1))) for each in ("strides", "dilations"))
    pads = _pads(operator, (height, width), strides, dilations)
    padding = _padding(operator, pads, (height, width), strides, dilations)
    if padding is None:
        pictures, padding = keras.layers.ZeroPadding2D(pads)(pictures), "valid"
    shared = {
        "strides": strides,
        "padding": padding,
        "use_bias": bias is not None,
        "dilation_rate": dilations,
    }
    arrays = () if bias is None else (bias,)
    if group == channels > 1:
        multiplier = outputs // channels
        layer = keras.layers.DepthwiseConv2D((height, width), depth_multiplier=multiplier, **shared)
        ordered = kernel.reshape(channels, multiplier, height, width).transpose(2, 3, 0, 1)
    else:
        layer = keras.layers.Conv2D(outputs, (height, width), groups=group, **shared)
        ordered = kernel.transpose(2, 3, 1, 0)
    return Value(tensor=weighted(layer, pictures, ordered, *arrays), channels_last=True)


def _pads(
    operator: Operator, window: tuple[int, int], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> Pads:
    """Pixels that are added above and below, left and right."""
    how = operator.attribute("auto_pad", b"NOTSET")
    if how == b"VALID":
        return (0, 0), (0, 0)
    if how == b"NOTSET":
        top, left, bottom, right = operator.attribute("pads", (0, 0, 0, 0))
        return (top, bottom), (left, right)
    upper = _same_pads(operator, window, strides, dilations)
    if how == b"SAME_UPPER":
        return upper
    (top, bottom), (left, right) = upper
    return (bottom, top), (right, left)


def _same_pads(
    operator: Operator, window: tuple[int, int], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> Pads:
    """What Keras adds for `same`."""
    pads = []
    for size, side, stride, dilation in zip(
        operator.given.shape[2:], window, strides, dilations, strict=True
    ):
        covered = (-(-size // stride) - 1) * stride + (side - 1) * dilation + 1
        more = max(covered - size, 0)
        pads.append((more // 2, more - more // 2))
    return pads[0], pads[1]


def _padding(
    operator: Operator,
    pads: Pads,
    window: tuple[int, int],
    strides: tuple[int, ...],
    dilations: tuple[int, ...] = (1, 1),
) -> str | None:
    """Keras's word for a padding; None where it has none."""
    if pads == ((0, 0), (0, 0)):
        return "valid"
    return "same" if pads == _same_pads(operator, window, strides, dilations) else None


def largest_of_window(operator: Operator) -> Value:
    """MaxPool."""
    window, strides = _window(operator)
    pads = _pads(operator, window, strides, (1, 1))
    if operator.attribute("ceil_mode", 0):
        pads = _up_to_the_edge(operator, pads, window, strides)
    padding, pictures = _padding(operator, pads, window, strides), operator.given.pictures
    if padding is None:
        # Zeros would be larger than negative pixels.
        pictures = keras.ops.pad(pictures, ((0, 0), *pads, (0, 0)), constant_values=_LOWEST)
    return Value(
        tensor=keras.layers.MaxPooling2D(window, strides, padding or "valid")(pictures), channels_last=True
    )


def mean_of_window(operator: Operator) -> Value:
    """AveragePool; Keras counts no pixels that were added."""
    window, strides = _window(operator)
    pads, pictures = _pads(operator, window, strides, (1, 1)), operator.given.pictures
    if operator.attribute("ceil_mode", 0) and _up_to_the_edge(operator, pads, window, strides) != pads:
        raise TypeError("ceil_mode")
    padding = _padding(operator, pads, window, strides)
    if padding != "valid" and (operator.attribute("count_include_pad", 0) or padding is None):
        pictures, padding = keras.layers.ZeroPadding2D(pads)(pictures), "valid"
    found = keras.layers.AveragePooling2D(window, strides, padding)(pictures)
    if padding == "valid" and not operator.attribute("count_include_pad", 0):
        found = _without_padding(found, operator.given.shape[2:], pads, window, strides)
    return Value(tensor=found, channels_last=True)


def _without_padding(
    means: Any, shape: tuple[int, ...], pads: Pads, window: tuple[int, int], strides: tuple[int, int]
) -> Any:
    """Means over the pixels of the picture alone, from means that count zeros around it too."""
    counts = []
    for size, (before, after), side, stride in zip(shape, pads, window, strides, strict=True):
        starts = np.arange(0, size + before + after - side + 1, stride)
        ends = np.minimum(starts + side, size + before)
        counts.append(ends - np.maximum(starts, before))
    inside = np.multiply.outer(*counts)[None, :, :, None]
    whole = window[0] * window[1]
    return means if (inside == whole).all() else means * (whole / inside).astype(np.float32)


def _window(operator: Operator) -> tuple[tuple[int, int], tuple[int, int]]:
    height, width = operator.attribute("kernel_shape")
    down, right = operator.attribute("strides", (1, 1))
    if tuple(operator.attribute("dilations", (1, 1))) != (1, 1):
        raise TypeError("dilations")
    return (height, width), (down, right)


def _up_to_the_edge(
    operator: Operator, pads: Pads, window: tuple[int, int], strides: tuple[int, int]
) -> Pads:
    """The padding with which the last window, of which a part is outside, counts too."""
    found = []
    for size, (before, after), side, stride in zip(
        operator.given.shape[2:], pads, window, strides, strict=True
    ):
        left = (size + before + after - side) % stride
        more = stride - left if left else 0
        # A window that begins behind the last pixel does not count.
        begins = size + before + after - side + more
        found.append((before, after + (more if begins < size + before else 0)))
    return found[0], found[1]


def pooling(operator: Operator) -> Value:
    """GlobalAveragePool and GlobalMaxPool."""
    kinds = {"GlobalAveragePool": "GlobalAveragePooling2D", "GlobalMaxPool": "GlobalMaxPooling2D"}
    layer = getattr(keras.layers, kinds[operator.kind])(keepdims=True)
    return Value(tensor=layer(operator.given.pictures), channels_last=True)


def normalization(operator: Operator) -> Value:
    """BatchNormalization of pictures or of features."""
    arrays = [operator.constant(place) for place in (1, 2, 3, 4)]
    layer = keras.layers.BatchNormalization(epsilon=operator.attribute("epsilon", 1e-5))
    if len(operator.given.shape) == 4:
        return Value(tensor=weighted(layer, operator.given.pictures, *arrays), channels_last=True)  # type: ignore[arg-type]
    if len(operator.given.shape) != 2:
        raise TypeError("its input")
    return Value(tensor=weighted(layer, operator.given.plain, *arrays))  # type: ignore[arg-type]


def instance_normalization(operator: Operator) -> Value:
    """InstanceNormalization: each channel of each crop alone."""
    scale, shift = operator.constant(1), operator.constant(2)
    layer = keras.layers.GroupNormalization(groups=-1, epsilon=operator.attribute("epsilon", 1e-5))
    return Value(tensor=weighted(layer, operator.given.pictures, scale, shift), channels_last=True)  # type: ignore[arg-type]


def layer_normalization(operator: Operator) -> Value:
    """LayerNormalization over the last axis."""
    rank = len(operator.given.shape)
    if operator.attribute("axis", -1) % rank != rank - 1:
        raise TypeError("its axis")
    arrays = [array for place in (1, 2) if (array := operator.constant(place)) is not None]
    layer = keras.layers.LayerNormalization(
        epsilon=operator.attribute("epsilon", 1e-5), center=len(arrays) == 2
    )
    return Value(tensor=weighted(layer, operator.given.plain, *arrays))


def dense(operator: Operator) -> Value:
    """Gemm."""
    matrix = operator.constant(1)
    if matrix is None or operator.attribute("transA", 0):
        raise TypeError("its first matrix is turned")
    matrix = operator.attribute("alpha", 1.0) * (matrix.T if operator.attribute("transB", 0) else matrix)
    shift = operator.constant(2)
    arrays = [matrix]
    if shift is not None:
        arrays.append(np.broadcast_to(operator.attribute("beta", 1.0) * shift, (1, matrix.shape[1]))[0])
    layer = keras.layers.Dense(matrix.shape[1], use_bias=shift is not None)
    return Value(tensor=weighted(layer, operator.given.plain, *arrays))


def product(operator: Operator) -> Value:
    """MatMul by a matrix of weights, or of two tensors."""
    other = operator.inputs[1]
    if other is None or other.array is None:
        return Value(tensor=keras.ops.matmul(operator.given.plain, other.plain))  # type: ignore[union-attr]
    if other.array.ndim != 2:
        raise TypeError("its matrix")
    layer = keras.layers.Dense(other.array.shape[1], use_bias=False)
    return Value(tensor=weighted(layer, operator.given.plain, other.array))


def leaky(operator: Operator) -> Value:
    """PRelu with a slope for each channel, or one for all."""
    slope, given = operator.constant(1), operator.given
    if slope is None:
        raise TypeError("its slope")
    if len(given.shape) != 4:
        return Value(
            tensor=weighted(keras.layers.PReLU(), given.plain, np.broadcast_to(slope, given.shape)[0])
        )
    channels = np.broadcast_to(slope.reshape(-1), (1, 1, given.shape[1]))
    layer = keras.layers.PReLU(shared_axes=[1, 2])
    return Value(tensor=weighted(layer, given.pictures, channels), channels_last=True)
