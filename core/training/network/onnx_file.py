"""Write the network as an ONNX file, layer by layer, so that other programs can run it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.errors import PermanentError
from models.label import Label

_OPSET = 17
_IR_VERSION = 9


class _Graph:
    """Nodes and arrays of the graph; `names` maps the id of a Keras tensor to its name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []
        self.names: dict[int, str] = {}

    def array(self, name: str, values: NDArray[np.generic]) -> str:
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output


def write_onnx(network: keras.Model, file: Path) -> None:
    """Write it with a dynamic batch size: crops float32 (n, side, side, 3) in, logits (n, 4) out.

    Raises PermanentError onnx_layer_unknown for a layer that MobileNetV2 does not have.
    """
    side = network.input_shape[1]
    graph = _Graph()
    pixels = graph.add("Transpose", ["crops"], "channels_first", perm=[0, 3, 1, 2])
    factor, one = np.array(1 / 127.5, np.float32), np.array(1, np.float32)
    scaled = graph.add("Mul", [pixels, graph.array("factor", factor)], "multiplied")
    scaled = graph.add("Sub", [scaled, graph.array("one", one)], "scaled")
    features = _add_backbone(graph, network.get_layer("backbone"), scaled)
    kernel, bias = (np.asarray(array) for array in network.get_layer("logits").get_weights())
    ends = [features, graph.array("logits/kernel", kernel), graph.array("logits/bias", bias)]
    graph.add("Gemm", ends, "logits")
    crops = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", side, side, 3])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(Label)])
    made = helper.make_graph(graph.nodes, "mask_classifier", [crops], [logits], graph.arrays)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)])
    # Readers refuse files of a newer IR version, whatever features they use.
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString())


def _add_backbone(graph: _Graph, backbone: keras.Model, scaled: str) -> str:
    last = scaled
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.InputLayer):
            graph.names[id(layer.output)] = scaled
            continue
        writer = _WRITERS.get(type(layer).__name__)
        if writer is None:
            raise PermanentError("onnx_layer_unknown", f"The layer {layer.name} cannot be written as ONNX.")
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        last = writer(graph, layer, [graph.names[id(tensor)] for tensor in given])
        graph.names[id(layer.output)] = last
    return last


def _convolution(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    kernel = np.asarray(layer.get_weights()[0])
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    ordered = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
    return graph.add(
        "Conv",
        [*inputs, graph.array(f"{layer.name}/kernel", ordered)],
        layer.name,
        strides=list(layer.strides),
        group=kernel.shape[2] if depthwise else 1,
        auto_pad="SAME_UPPER" if layer.padding == "same" else "VALID",
    )


def _normalization(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    parts = zip(("scale", "shift", "mean", "variance"), layer.get_weights(), strict=True)
    arrays = [graph.array(f"{layer.name}/{name}", np.asarray(values)) for name, values in parts]
    return graph.add("BatchNormalization", [*inputs, *arrays], layer.name, epsilon=layer.epsilon)


def _clip(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    limits = [
        graph.array(f"{layer.name}/{name}", np.array(value, np.float32))
        for name, value in (("low", 0), ("high", layer.max_value))
    ]
    return graph.add("Clip", [*inputs, *limits], layer.name)


def _padding(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    (top, bottom), (left, right) = layer.padding
    pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
    return graph.add("Pad", [*inputs, graph.array(f"{layer.name}/pads", pads)], layer.name)


def _sum(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    return graph.add("Add", inputs, layer.name)


def _pooling(graph: _Graph, layer: keras.Layer, inputs: list[str]) -> str:
    pooled = graph.add("GlobalAveragePool", inputs, f"{layer.name}/pooled")
    return graph.add("Flatten", [pooled], layer.name)


_WRITERS: dict[str, Callable[[_Graph, keras.Layer, list[str]], str]] = {
    "Conv2D": _convolution,
    "DepthwiseConv2D": _convolution,
    "BatchNormalization": _normalization,
    "ReLU": _clip,
    "ZeroPadding2D": _padding,
    "Add": _sum,
    "GlobalAveragePooling2D": _pooling,
}
