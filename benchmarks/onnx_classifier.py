"""A tiny classifier in an ONNX file, as PyTorch exports one, made in milliseconds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

#: Side of its input in pixels.
SIDE = 32


def mean_weights(outputs: int) -> NDArray[np.float32]:
    """Weights (3, outputs) from the mean of each channel, 0 to 1, to the outputs."""
    weights = np.zeros((3, outputs), np.float32)
    for output in range(outputs):
        weights[output % 3, output] = 4.0 + output
    return weights


def onnx_model(
    outputs: int = 4,
    *,
    softmax: bool = False,
    batch: int | str = "n",
    side: int | str = SIDE,
    before: Sequence[onnx.NodeProto] = (),
    arrays: Mapping[str, NDArray[Any]] | None = None,
    opset: int = 17,
) -> onnx.ModelProto:
    """A network for crops (n, 3, side, side), RGB 0 to 1, whose outputs are weighted means of the channels.

    `before` are nodes that make `given` of `pictures`.
    """
    nodes = [
        *(before or [helper.make_node("Identity", ["pictures"], ["given"])]),
        helper.make_node("GlobalAveragePool", ["given"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores" if softmax else "result"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["scores"], ["result"], axis=1))
    every = {"weights": mean_weights(outputs), **(arrays or {})}
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(values, name) for name, values in every.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    return model


def onnx_bytes(outputs: int = 4, **given: Any) -> bytes:
    """The file of `onnx_model`."""
    data: bytes = onnx_model(outputs, **given).SerializeToString()
    return data
