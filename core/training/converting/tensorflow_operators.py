"""Which ONNX nodes each TensorFlow operator of a traced classifier becomes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from onnx import TensorProto

from core.training.converting.onnx_graph import OnnxGraph, Tensor, renamed

#: An operator, as `tf.Graph` has it, with its inputs; returns its only output.
Writer = Callable[[OnnxGraph, tf.Operation, Sequence[Tensor]], Tensor]
#: Where the axes of pictures are once channels come first.
_FIRST_AXES = {0: 0, 1: 2, 2: 3, 3: 1}
_END = np.iinfo(np.int64).max
_KINDS = {tf.float32: TensorProto.FLOAT, tf.int32: TensorProto.INT32, tf.bool: TensorProto.BOOL}

#: One node of the same meaning, with as many inputs.
_SAME = {
    "Abs": "Abs", "AddV2": "Add", "BiasAdd": "Add", "Ceil": "Ceil", "Elu": "Elu", "Erf": "Erf",
    "Exp": "Exp", "Floor": "Floor", "Greater": "Greater", "GreaterEqual": "GreaterOrEqual", "Less": "Less",
    "LessEqual": "LessOrEqual", "Log": "Log", "Maximum": "Max", "Minimum": "Min", "Mul": "Mul",
    "Neg": "Neg", "Pow": "Pow", "RealDiv": "Div", "Reciprocal": "Reciprocal", "Relu": "Relu",
    "Round": "Round", "SelectV2": "Where", "Selu": "Selu", "Sigmoid": "Sigmoid", "Sign": "Sign",
    "Softplus": "Softplus", "Softsign": "Softsign", "Sqrt": "Sqrt", "Sub": "Sub", "Tanh": "Tanh",
}  # fmt: skip


def output_shape(operator: tf.Operation) -> tuple[int, ...]:
    """The shape of its only output in the trace."""
    return tuple(operator.outputs[0].shape.as_list())


def _same(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    return graph.elementwise(_SAME[operator.type], inputs, output_shape(operator))


def _convolution(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    pads: dict[str, Any] = {"auto_pad": "SAME_UPPER" if operator.get_attr("padding") == b"SAME" else "VALID"}
    return convolution(graph, operator, inputs, tuple(operator.get_attr("dilations")[1:3]), pads)


def convolution(
    graph: OnnxGraph,
    operator: tf.Operation,
    inputs: Sequence[Tensor],
    dilations: tuple[int, ...],
    pads: dict[str, Any],
) -> Tensor:
    """A convolution of any kind, with these dilations and this padding; TypeError for a computed kernel."""
    kernel, channels = inputs[1].constant, inputs[0].shape[3]
    if operator.type == "DepthwiseConv2dNative":
        height, width, _, multiplier = kernel.shape
        kernel = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    else:
        kernel = kernel.transpose(3, 2, 0, 1)
    name = graph.add(
        "Conv",
        [graph.first(inputs[0]), graph.array(kernel)],
        strides=operator.get_attr("strides")[1:3],
        dilations=dilations,
        group=channels // kernel.shape[1],
        **pads,
    )
    return Tensor(name=name, shape=output_shape(operator), channels_first=True)


def _pool(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    name = graph.add(
        {"AvgPool": "AveragePool", "MaxPool": "MaxPool"}[operator.type],
        [graph.first(inputs[0])],
        kernel_shape=operator.get_attr("ksize")[1:3],
        strides=operator.get_attr("strides")[1:3],
        auto_pad="SAME_UPPER" if operator.get_attr("padding") == b"SAME" else "VALID",
    )
    return Tensor(name=name, shape=output_shape(operator), channels_first=True)


def _matrix(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    turned = ("transpose_a", "transpose_b") if operator.type == "MatMul" else ("adj_x", "adj_y")
    names = []
    for tensor, attribute in zip(inputs, turned, strict=True):
        name = graph.last(tensor)
        if operator.get_attr(attribute):
            axes = [*range(len(tensor.shape) - 2), len(tensor.shape) - 1, len(tensor.shape) - 2]
            name = graph.add("Transpose", [name], perm=axes)
        names.append(name)
    return Tensor(name=graph.add("MatMul", names), shape=output_shape(operator))


def _reduction(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    rank, keep = len(inputs[0].shape), operator.get_attr("keep_dims")
    axes = sorted(int(axis) % rank for axis in np.atleast_1d(inputs[1].constant))
    first = inputs[0].channels_first and (keep or axes == [1, 2])
    name = graph.first(inputs[0]) if first else graph.last(inputs[0])
    numbers = graph.numbers(*([_FIRST_AXES[axis] for axis in axes] if first else axes))
    kind = {"Mean": "ReduceMean", "Sum": "ReduceSum", "Max": "ReduceMax", "Min": "ReduceMin"}[operator.type]
    found = graph.add(kind, [name, numbers], keepdims=int(keep))
    return Tensor(name=found, shape=output_shape(operator), channels_first=first and keep)


def _pad(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    given, before_and_after = inputs[0], inputs[1].constant
    first = given.channels_first
    if first:
        before_and_after = before_and_after[[0, 3, 1, 2]]
    pads = graph.numbers(*before_and_after[:, 0].tolist(), *before_and_after[:, 1].tolist())
    value = [graph.array(inputs[2].constant)] if len(inputs) == 3 else []
    name = graph.add("Pad", [graph.first(given) if first else graph.last(given), pads, *value])
    return Tensor(name=name, shape=output_shape(operator), channels_first=first)


def _reshape(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    return graph.reshape(inputs[0], output_shape(operator))


def _transpose(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    name = graph.add("Transpose", [graph.last(inputs[0])], perm=inputs[1].constant.tolist())
    return Tensor(name=name, shape=output_shape(operator))


def _concatenation(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    *parts, axis = inputs
    place = int(axis.constant) % len(output_shape(operator))
    first = any(each.channels_first for each in parts)
    names = [graph.first(each) if first else graph.last(each) for each in parts]
    name = graph.add("Concat", names, axis=_FIRST_AXES[place] if first else place)
    return Tensor(name=name, shape=output_shape(operator), channels_first=first)


def _slice(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    rank = len(inputs[0].shape)
    begin, end, stride = (each.constant.tolist() for each in inputs[1:4])
    names = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    masks = {name: operator.get_attr(f"{name}_mask") for name in names}
    if masks["new_axis"]:
        raise TypeError("it adds an axis")
    axes: list[tuple[int, int, int, int]] = []
    axis = 0
    for place in range(len(begin)):
        if masks["ellipsis"] >> place & 1:
            axis += rank - len(begin) + 1
            continue
        step = stride[place]
        starts = (0 if step > 0 else -1) if masks["begin"] >> place & 1 else begin[place]
        ends = (_END if step > 0 else -_END) if masks["end"] >> place & 1 else end[place]
        if masks["shrink_axis"] >> place & 1 and starts == -1:
            # The last place ends behind it: 0 would be the first.
            ends = _END
        axes.append((axis, starts, ends, step))
        axis += 1
    parts = [numbers for numbers in axes if numbers[1:] != (0, _END, 1) and numbers[0]]
    name = graph.last(inputs[0])
    if parts:
        places, starts_at, ends_at, steps = (graph.numbers(*each) for each in zip(*parts, strict=True))
        name = graph.add("Slice", [name, starts_at, ends_at, places, steps])
    sliced = Tensor(name=name, shape=output_shape(operator))
    return graph.reshape(sliced, sliced.shape) if masks["shrink_axis"] else sliced


def _resize(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    linear, centres = operator.type == "ResizeBilinear", operator.get_attr("half_pixel_centers")
    where = "half_pixel" if centres else "asymmetric"
    nearest = "round_prefer_ceil" if centres else "floor"
    # Scales, since sizes would have to name the number of crops.
    scales = [
        _scale(before, after) for before, after in zip(inputs[0].shape[1:3], inputs[1].constant, strict=True)
    ]
    name = graph.add(
        "Resize",
        [graph.first(inputs[0]), "", graph.array(np.array([1, 1, *scales], np.float32))],
        mode="linear" if linear else "nearest",
        coordinate_transformation_mode="align_corners" if operator.get_attr("align_corners") else where,
        **({} if linear else {"nearest_mode": nearest}),
    )
    return Tensor(name=name, shape=output_shape(operator), channels_first=True)


def _gather(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    axis = int(inputs[2].constant) % len(inputs[0].shape)
    places = graph.array(inputs[1].constant.astype(np.int64))
    name = graph.add("Gather", [graph.last(inputs[0]), places], axis=axis)
    return Tensor(name=name, shape=output_shape(operator))


def _scale(before: int, after: int) -> np.float32:
    """A scale from which the size that is wanted follows, rounded down."""
    scale = np.float32(after / before)
    return scale if int(before * scale) >= after else np.nextafter(scale, np.float32(np.inf))


def _tile(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    name = graph.add("Tile", [graph.last(inputs[0]), graph.numbers(*inputs[1].constant.tolist())])
    return Tensor(name=name, shape=output_shape(operator))


def _softmax(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    return Tensor(name=graph.add(operator.type, [graph.last(inputs[0])], axis=-1), shape=inputs[0].shape)


def _cast(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    kind = _KINDS[operator.get_attr("DstT")]
    return graph.elementwise("Cast", inputs, output_shape(operator), to=kind)


def _leaky(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    return graph.elementwise("LeakyRelu", inputs, inputs[0].shape, alpha=operator.get_attr("alpha"))


def _relu6(graph: OnnxGraph, _operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    limits = [Tensor(shape=(), array=np.array(value, np.float32)) for value in (0, 6)]
    return graph.elementwise("Clip", [inputs[0], *limits], inputs[0].shape)


def _square(graph: OnnxGraph, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    of = inputs[0]
    if operator.type == "SquaredDifference":
        of = graph.elementwise("Sub", inputs, output_shape(operator))
    return graph.elementwise("Mul", [of, of], output_shape(operator))


def _reciprocal_root(graph: OnnxGraph, _operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    root = graph.elementwise("Sqrt", inputs, inputs[0].shape)
    return renamed(root, graph.add("Reciprocal", [root.name]))


def _complement_of_error(graph: OnnxGraph, _operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
    one = Tensor(shape=(), array=np.array(1, np.float32))
    return graph.elementwise("Sub", [one, graph.elementwise("Erf", inputs, inputs[0].shape)], inputs[0].shape)


WRITERS: dict[str, Writer] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(("Conv2D", "DepthwiseConv2dNative"), _convolution),
    **dict.fromkeys(("AvgPool", "MaxPool"), _pool),
    **dict.fromkeys(("MatMul", "BatchMatMulV2"), _matrix),
    **dict.fromkeys(("Mean", "Sum", "Max", "Min"), _reduction),
    **dict.fromkeys(("Pad", "PadV2"), _pad),
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims"), _reshape),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor"), _resize),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    **dict.fromkeys(("Square", "SquaredDifference"), _square),
    "Cast": _cast,
    "ConcatV2": _concatenation,
    "Erfc": _complement_of_error,
    "GatherV2": _gather,
    "LeakyRelu": _leaky,
    "Relu6": _relu6,
    "Rsqrt": _reciprocal_root,
    "StridedSlice": _slice,
    "Tile": _tile,
    "Transpose": _transpose,
}
