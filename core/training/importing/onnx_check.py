"""What an ONNX file may hold: standard operators, no loops, arrays inside the file, sizes within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

from core.number_text import size
from core.training.importing.limits import MOST_BYTES, MOST_NODES, SIDES, refuse
from core.training.importing.onnx_shapes import check_sizes

#: Versions of the standard operators.
OPSETS = (9, 26)
_DOMAINS = frozenset(("", "ai.onnx"))
#: Operators of classifiers. None has a graph of its own, reads a file, or draws random numbers.
OPERATORS = frozenset(
    (
        "Abs", "Add", "AveragePool", "BatchNormalization", "Cast", "CastLike", "Ceil", "Clip", "Concat",
        "Constant", "ConstantOfShape", "Conv", "ConvInteger", "DepthToSpace", "DequantizeLinear", "Div",
        "Dropout", "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten",
        "Floor", "Gather", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater",
        "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "LRN",
        "LayerNormalization", "LeakyRelu", "Less", "Log", "LogSoftmax", "MatMul", "MatMulInteger",
        "Max", "MaxPool", "Mean", "Min", "Mish", "Mul", "Neg", "PRelu", "Pad", "Pow", "QLinearConv",
        "QLinearMatMul", "QuantizeLinear", "RMSNormalization", "Range", "Reciprocal", "ReduceL2",
        "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu",
        "Reshape", "Resize", "Round", "Selu", "Shape", "Sigmoid", "Sign", "Slice", "Softmax",
        "Softplus", "Softsign", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tanh",
        "Tile", "Transpose", "Unsqueeze", "Upsample", "Where",
    )
)  # fmt: skip
#: Attributes that no classifier needs: graphs inside the graph, and arrays that other code unpacks.
_REFUSED_KINDS = frozenset(
    (
        AttributeProto.GRAPH,
        AttributeProto.GRAPHS,
        AttributeProto.SPARSE_TENSOR,
        AttributeProto.SPARSE_TENSORS,
        AttributeProto.TYPE_PROTO,
        AttributeProto.TYPE_PROTOS,
    )
)
_PIXELS = frozenset((TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.UINT8))


@dataclass(frozen=True, kw_only=True)
class OnnxInput:
    """The one input of a graph."""

    name: str
    #: A value of `TensorProto.DataType`.
    kind: int
    #: Channels come before rows and columns.
    channels_first: bool
    #: None where the file takes any size.
    side: int | None
    #: 1 where it takes one crop at a time, None where it takes any number.
    batch: int | None


def read_onnx(data: bytes) -> onnx.ModelProto:
    """Parse and check a file. Raises InputError with one of the codes of `docs/models.md`."""
    if len(data) > MOST_BYTES:
        raise refuse("model_too_large", f"The file has more than {size(MOST_BYTES)}.")
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:
        raise refuse("model_unreadable", "The file is no ONNX model.") from error
    _check_operators(model)
    _check_tensors(model)
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        raise refuse("model_unreadable", f"onnx.checker refuses the file: {_first_line(error)}") from error
    check_sizes(model.graph)
    return model


def _check_operators(model: onnx.ModelProto) -> None:
    versions = {each.domain: each.version for each in model.opset_import}
    opset = versions.get("", versions.get("ai.onnx", 0))
    if not OPSETS[0] <= opset <= OPSETS[1]:
        raise refuse("model_opset", f"Opset {opset} is not read: {OPSETS[0]} to {OPSETS[1]} are.")
    if model.functions:
        raise refuse("model_operator", "The file defines functions of its own.")
    if len(model.graph.node) > MOST_NODES:
        raise refuse("model_too_large", f"The graph has more than {MOST_NODES:,} nodes.")
    for node in model.graph.node:
        if node.domain not in _DOMAINS:
            name = f"{node.domain}.{node.op_type}"[:120]
            raise refuse("model_operator", f"The operator {name} is not a standard one.")
        if node.op_type not in OPERATORS or any(each.type in _REFUSED_KINDS for each in node.attribute):
            raise refuse("model_operator", f"The operator {node.op_type} is not taken.")


def _check_tensors(model: onnx.ModelProto) -> None:
    """Arrays must lie in the file; raises model_external_data."""
    for tensor in _tensors(model.graph):
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise refuse("model_external_data", f"The array {tensor.name!r} lies in another file.")
        if tensor.data_type == TensorProto.STRING:
            raise refuse("model_operator", f"The array {tensor.name!r} holds text.")
    if model.graph.sparse_initializer:
        raise refuse("model_operator", "The file holds sparse arrays.")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors


def input_of(model: onnx.ModelProto) -> OnnxInput:
    """The input for crops. Raises InputError model_input where it is no batch of colour pictures."""
    arrays = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in arrays]
    if len(inputs) != 1:
        raise refuse("model_input", f"The graph has {len(inputs)} inputs, not one.")
    tensor = inputs[0].type.tensor_type
    shape = [each.dim_value or None for each in tensor.shape.dim]
    if len(shape) != 4 or tensor.elem_type not in _PIXELS:
        raise refuse("model_input", "The input is no batch of pictures: four numbers of a shape, 3 channels.")
    channels_first = shape[1] == 3
    if not channels_first and shape[3] != 3:
        raise refuse("model_input", f"No side of the input is its 3 colour channels: {_words(shape)}.")
    height, width = shape[2:] if channels_first else shape[1:3]
    if height != width:
        raise refuse("model_input", f"The input is not square: {_words(shape)}.")
    if height is not None and not SIDES[0] <= height <= SIDES[1]:
        raise refuse("model_input", f"A side of {height} pixels is not taken: {SIDES[0]} to {SIDES[1]} are.")
    if shape[0] not in (None, 1):
        raise refuse("model_input", f"The file takes {shape[0]} pictures at a time, not one or any number.")
    return OnnxInput(
        name=inputs[0].name,
        kind=tensor.elem_type,
        channels_first=channels_first,
        side=height,
        batch=shape[0],
    )


def output_of(model: onnx.ModelProto) -> str:
    """The name of the one output. Raises InputError model_outputs."""
    if len(model.graph.output) != 1:
        raise refuse("model_outputs", f"The graph has {len(model.graph.output)} outputs, not one.")
    return model.graph.output[0].name


def _words(shape: list[int | None]) -> str:
    return " x ".join("n" if each is None else str(each) for each in shape)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def numpy_kind(kind: int) -> np.dtype[np.generic]:
    """The NumPy type of a value of `TensorProto.DataType`."""
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind))
