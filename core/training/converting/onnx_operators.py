"""Which operations of Keras the ONNX operators become that have no weights."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from onnx import TensorProto

from core.training.converting import onnx_layers
from core.training.converting.keras_values import Operator, Value, is_channels_last, operand

#: The tensor or tensors that a node gives.
Reader = Callable[[Operator], Value | Sequence[Value]]
_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
_HUGE = 2**31 - 1
#: `Gather`, `Slice` and `Split` of opsets from before 13 take the same attributes.
_ACTIVATIONS = {
    "HardSwish": "hard_silu", "Mish": "mish", "Selu": "selu", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "Softsign": "softsign", "Tanh": "tanh",
}  # fmt: skip
_UNARY = {
    "Abs": "abs", "Ceil": "ceil", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Log": "log",
    "Neg": "negative", "Reciprocal": "reciprocal", "Round": "round", "Sign": "sign", "Sqrt": "sqrt",
}  # fmt: skip
_BINARY = {
    "Add": "add", "Div": "divide", "Max": "maximum", "Min": "minimum", "Mul": "multiply", "Pow": "power",
    "Sub": "subtract", "Sum": "add",
}  # fmt: skip
_REDUCTIONS = {"ReduceMax": "max", "ReduceMean": "mean", "ReduceMin": "min", "ReduceSum": "sum"}


def _kept(operator: Operator, tensor: Any) -> Value:
    """A tensor in the order of the first input."""
    return Value(tensor=tensor, channels_last=operator.given.channels_last)


def _same(operator: Operator) -> Value:
    return operator.given


def _cast(operator: Operator) -> Value:
    if operator.attribute("to") not in _FLOATS:
        raise TypeError("to whole numbers")
    return operator.given


def _activation(operator: Operator) -> Value:
    return _kept(operator, keras.layers.Activation(_ACTIVATIONS[operator.kind])(operator.given.tensor))


def _unary(operator: Operator) -> Value:
    return _kept(operator, getattr(keras.ops, _UNARY[operator.kind])(operator.given.tensor))


def _binary(operator: Operator) -> Value:
    values = [value for value in operator.inputs if value is not None]
    last = is_channels_last(values)
    first, *others = (operand(value, channels_last=last) for value in values)
    for other in others:
        first = getattr(keras.ops, _BINARY[operator.kind])(first, other)
    return Value(tensor=first, channels_last=last)


def _mean(operator: Operator) -> Value:
    values = [value for value in operator.inputs if value is not None]
    last = is_channels_last(values)
    parts = [operand(value, channels_last=last) for value in values]
    return Value(tensor=sum(parts[1:], parts[0]) / len(parts), channels_last=last)


def _relu(operator: Operator) -> Value:
    return _kept(operator, keras.layers.ReLU()(operator.given.tensor))


def _leaky(operator: Operator) -> Value:
    slope = operator.attribute("alpha", 0.01)
    return _kept(operator, keras.layers.LeakyReLU(slope)(operator.given.tensor))


def _elu(operator: Operator) -> Value:
    return _kept(operator, keras.layers.ELU(operator.attribute("alpha", 1.0))(operator.given.tensor))


def _gelu(operator: Operator) -> Value:
    about = operator.attribute("approximate", b"none") == b"tanh"
    return _kept(operator, keras.ops.gelu(operator.given.tensor, approximate=about))


def _hard_sigmoid(operator: Operator) -> Value:
    line = operator.given.tensor * operator.attribute("alpha", 0.2) + operator.attribute("beta", 0.5)
    return _kept(operator, keras.ops.minimum(keras.ops.maximum(line, 0.0), 1.0))


def _clip(operator: Operator) -> Value:
    limits = []
    for place, name in ((1, "min"), (2, "max")):
        stored = operator.constant(place)
        limits.append(operator.attribute(name) if stored is None else float(stored.reshape(())))
    low, high = limits
    if low == 0 and high is not None:
        return _kept(operator, keras.layers.ReLU(max_value=high)(operator.given.tensor))
    found = operator.given.tensor
    found = found if low is None else keras.ops.maximum(found, low)
    return _kept(operator, found if high is None else keras.ops.minimum(found, high))


def _softmax(operator: Operator) -> Value:
    value, axis = operator.given, operator.attribute("axis", -1 if operator.opset >= 13 else 1)
    behind = value.shape[axis % len(value.shape) + 1 :]
    if operator.opset < 13 and any(size > 1 for size in behind):
        # It counted over all axes from there.
        raise TypeError("its axis")
    if operator.kind == "LogSoftmax":
        return _kept(operator, keras.ops.log_softmax(value.tensor, axis=value.axis(axis)))
    return _kept(operator, keras.layers.Softmax(axis=value.axis(axis))(value.tensor))


def _reshaped(value: Value, shape: Sequence[int]) -> Value:
    if shape[0] != 1:
        raise TypeError("it mixes the crops")
    return Value(tensor=keras.layers.Reshape(tuple(shape[1:]))(value.plain))


def _reshape(operator: Operator) -> Value:
    wanted, shape = operator.numbers("shape", 1) or [], operator.given.shape
    if not operator.attribute("allowzero", 0):
        wanted = [shape[place] if size == 0 else size for place, size in enumerate(wanted)]
    known = int(np.prod([size for size in wanted if size != -1]))
    return _reshaped(
        operator.given, [int(np.prod(shape)) // known if size == -1 else size for size in wanted]
    )


def _flatten(operator: Operator) -> Value:
    if operator.attribute("axis", 1) != 1:
        raise TypeError("its axis")
    return _reshaped(operator.given, (1, int(np.prod(operator.given.shape))))


def _squeeze(operator: Operator) -> Value:
    shape, axes = operator.given.shape, operator.numbers("axes", 1)
    if axes is None:
        raise TypeError("it names no axes")
    gone = {axis % len(shape) for axis in axes}
    if 0 in gone:
        raise TypeError("it mixes the crops")
    return _reshaped(operator.given, [size for place, size in enumerate(shape) if place not in gone])


def _unsqueeze(operator: Operator) -> Value:
    shape, axes = list(operator.given.shape), operator.numbers("axes", 1) or []
    for axis in sorted(axis % (len(shape) + len(axes)) for axis in axes):
        shape.insert(axis, 1)
    if any(axis % len(shape) == 0 for axis in axes):
        raise TypeError("it mixes the crops")
    return _reshaped(operator.given, shape)


def _transpose(operator: Operator) -> Value:
    value = operator.given
    order = tuple(operator.attribute("perm", range(len(value.shape))[::-1]))
    if order[0] != 0:
        raise TypeError("it mixes the crops")
    if value.channels_last and order == (0, 2, 3, 1):
        return Value(tensor=value.tensor)
    if not value.channels_last and order == (0, 3, 1, 2):
        return Value(tensor=value.tensor, channels_last=True)
    return Value(tensor=keras.layers.Permute(order[1:])(value.plain))


def _concatenation(operator: Operator) -> Value:
    values = [value for value in operator.inputs if value is not None]
    last = is_channels_last(values)
    parts = [value.pictures if last else value.plain for value in values]
    like = Value(tensor=parts[0], channels_last=last)
    joined = keras.layers.Concatenate(axis=like.axis(operator.attribute("axis")))(parts)
    return Value(tensor=joined, channels_last=last)


def _part(value: Value, places: dict[int, Any]) -> Value:
    """What is at places of axes of the graph; a whole number drops its axis."""
    if any(isinstance(place, int) for place in places.values()):
        value = Value(tensor=value.plain)
    at = {value.axis(axis): place for axis, place in places.items()}
    every = tuple(at.get(axis, slice(None)) for axis in range(len(value.shape)))
    return Value(tensor=value.tensor[every], channels_last=value.channels_last)


def _slice(operator: Operator) -> Value:
    value = operator.given
    starts, ends = operator.numbers("starts", 1) or [], operator.numbers("ends", 2) or []
    axes = operator.numbers("axes", 3) or list(range(len(starts)))
    steps = operator.numbers("steps", 4) or [1] * len(starts)
    places = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        covers = start == 0 and end >= value.shape[axis] and step == 1
        if not covers:
            places[axis] = slice(start, None if abs(end) >= _HUGE else end, step)
    return _part(value, places) if places else value


def _split(operator: Operator) -> list[Value]:
    value, axis = operator.given, operator.attribute("axis", 0)
    sizes, count = operator.numbers("split", 1), len(operator.node.output)
    if sizes is None:
        each = -(-value.shape[axis] // count)
        sizes = [each] * count
    ends = np.cumsum(sizes).tolist()
    return [_part(value, {axis: slice(end - size, end)}) for size, end in zip(sizes, ends, strict=True)]


def _gather(operator: Operator) -> Value:
    value, places, axis = operator.given, operator.constant(1), operator.attribute("axis", 0)
    if places is None or places.ndim > 1:
        raise TypeError("its places")
    if places.ndim == 0:
        return _part(value, {axis: int(places)})
    size = value.shape[axis]
    if (places % size).tolist() == list(range(size))[::-1]:
        return _part(value, {axis: slice(None, None, -1)})
    return _kept(operator, keras.ops.take(value.tensor, (places % size).tolist(), axis=value.axis(axis)))


def _pad(operator: Operator) -> Value:
    value, pads = operator.given, operator.numbers("pads", 1) or []
    if operator.attribute("mode", b"constant") != b"constant" or operator.constant(3) is not None:
        raise TypeError("its mode")
    rank, stored = len(value.shape), operator.constant(2)
    filled = operator.attribute("value", 0.0) if stored is None else float(stored.reshape(()))
    widths = [(0, 0)] * rank
    for axis in range(1, rank):
        widths[value.axis(axis)] = (pads[axis], pads[axis + rank])
    if any((pads[0], pads[rank])) or min(pads) < 0:
        raise TypeError("it cuts")
    return _kept(operator, keras.ops.pad(value.tensor, tuple(widths), constant_values=filled))


def _reduction(operator: Operator) -> Value:
    axes, keep = operator.numbers("axes", 1), bool(operator.attribute("keepdims", 1))
    if not axes:
        raise TypeError("it mixes the crops")
    value = operator.given
    rank = len(value.shape)
    if not keep and value.channels_last and {axis % rank for axis in axes} != {2, 3}:
        value = Value(tensor=value.plain)
    places = tuple(sorted(value.axis(axis) for axis in axes))
    if operator.kind in ("ReduceL2", "ReduceSumSquare"):
        found = keras.ops.sum(keras.ops.square(value.tensor), axis=places, keepdims=keep)
        found = keras.ops.sqrt(found) if operator.kind == "ReduceL2" else found
    else:
        found = getattr(keras.ops, _REDUCTIONS[operator.kind])(value.tensor, axis=places, keepdims=keep)
    return Value(tensor=found, channels_last=value.channels_last and keep)


def _shape(operator: Operator) -> Value:
    shape = operator.given.shape
    found = shape[operator.attribute("start", 0) : operator.attribute("end", len(shape))]
    return Value(array=np.array(found, np.int64))


READERS: dict[str, Reader] = {
    **dict.fromkeys(_ACTIVATIONS, _activation),
    **dict.fromkeys(_UNARY, _unary),
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys((*_REDUCTIONS, "ReduceL2", "ReduceSumSquare"), _reduction),
    **dict.fromkeys(("CastLike", "Dropout", "Identity"), _same),
    **dict.fromkeys(("LogSoftmax", "Softmax"), _softmax),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), onnx_layers.pooling),
    "AveragePool": onnx_layers.mean_of_window,
    "BatchNormalization": onnx_layers.normalization,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concatenation,
    "Conv": onnx_layers.convolution,
    "Elu": _elu,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": onnx_layers.dense,
    "HardSigmoid": _hard_sigmoid,
    "InstanceNormalization": onnx_layers.instance_normalization,
    "LayerNormalization": onnx_layers.layer_normalization,
    "LeakyRelu": _leaky,
    "MatMul": onnx_layers.product,
    "MaxPool": onnx_layers.largest_of_window,
    "Mean": _mean,
    "PRelu": onnx_layers.leaky,
    "Pad": _pad,
    "Relu": _relu,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
