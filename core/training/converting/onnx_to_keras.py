"""Build a Keras network from a checked ONNX graph, operator by operator."""

from collections.abc import Sequence

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from core.errors import PermanentError
from core.training.converting.keras_values import Operator, Value
from core.training.converting.onnx_operators import READERS


def build_keras(model: onnx.ModelProto) -> keras.Model:
    """The network of a version's ONNX file: crops float32 (n, side, side, 3) in, logits (n, labels) out.

    The graph must have passed the checks of an import. Raises PermanentError keras_layer_unknown for an
    operator that no layer stands for.
    """
    opset = max(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    graph = model.graph
    arrays = {each.name: Value(array=_widened(numpy_helper.to_array(each))) for each in graph.initializer}
    pictures = next(each for each in graph.input if each.name not in arrays)
    shape = [each.dim_value for each in pictures.type.tensor_type.shape.dim[1:]]
    crops = keras.Input(tuple(shape), name="crops")
    found: dict[str, Value] = {**arrays, pictures.name: Value(tensor=crops)}
    for node in graph.node:
        inputs = [found[name] if name else None for name in node.input]
        found.update(zip(node.output, _given(node, opset, inputs), strict=False))
    return keras.Model(crops, found[graph.output[0].name].plain, name="mask_classifier")


def _given(node: onnx.NodeProto, opset: int, inputs: Sequence[Value | None]) -> Sequence[Value]:
    """What a node gives; what depends on no crop is computed."""
    if all(value is None or value.array is not None for value in inputs):
        return _computed(node, opset, inputs)
    reader = READERS.get(node.op_type)
    if reader is None:
        raise _unknown(node, "no layer of Keras stands for it")
    try:
        found = reader(Operator(node=node, opset=opset, inputs=inputs))
    except (TypeError, ValueError, AttributeError, IndexError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise _unknown(node, reason) from error
    return [found] if isinstance(found, Value) else found


def _computed(node: onnx.NodeProto, opset: int, inputs: Sequence[Value | None]) -> list[Value]:
    names = [name for name in node.input if name]
    given = {
        name: value.constant for name, value in zip(node.input, inputs, strict=True) if value is not None
    }
    info = helper.make_empty_tensor_value_info
    graph = helper.make_graph(
        [node], "one", [info(name) for name in names], [info(name) for name in node.output]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    try:
        arrays = ReferenceEvaluator(model).run(None, given)
    except Exception as error:
        raise _unknown(node, "it cannot be computed") from error
    return [Value(array=_widened(np.asarray(array))) for array in arrays]


def _widened(array: np.ndarray) -> np.ndarray:
    """Weights of 16 bits as 32 bits, as Keras keeps them."""
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _unknown(node: onnx.NodeProto, reason: str) -> PermanentError:
    name = f"{node.op_type} ({node.name[:60]})" if node.name else node.op_type
    return PermanentError(
        "keras_layer_unknown", f"The operator {name} cannot be written as a layer of Keras: {reason}."
    )
