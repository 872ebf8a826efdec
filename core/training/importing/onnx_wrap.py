"""Give an ONNX graph the input and the output of all versions: crops RGB 0 to 255 in, logits by label out."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

from core.training.importing.onnx_check import OnnxInput, input_of, output_of
from core.training.importing.options import Colours, ImportVersionOptions

#: The name before all names of the imported graph.
_PREFIX = "model/"
#: Probabilities below it count as this much: the logarithm of 0 is not finite.
LEAST_PROBABILITY = 1e-30


@dataclass(kw_only=True)
class _Graph:
    """Nodes and arrays that are added to a graph."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    arrays: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def array(self, name: str, values: NDArray[np.generic]) -> str:
        self.arrays.append(numpy_helper.from_array(values, name))
        return name


def wrap(
    model: onnx.ModelProto, options: ImportVersionOptions, *, side: int, probabilities: bool
) -> onnx.ModelProto:
    """Add steps before and behind the graph: crops float32 (n, side, side, 3), logits float32 (n, labels).

    `probabilities` says what the graph gives: probabilities that sum to 1, or logits.
    """
    given, result = input_of(model), output_of(model)
    named = compose.add_prefix(model, _PREFIX)
    before, after = _Graph(), _Graph()
    _add_input(before, given, options)
    _add_output(after, _PREFIX + result, options, probabilities=probabilities)
    batch = given.batch or "n"
    arrays = list(named.graph.initializer)
    graph = helper.make_graph(
        [*before.nodes, *named.graph.node, *after.nodes],
        "mask_classifier",
        [helper.make_tensor_value_info("crops", TensorProto.FLOAT, [batch, side, side, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, len(options.predicted)])],
        [*before.arrays, *arrays, *after.arrays],
    )
    wrapped = helper.make_model(graph, opset_imports=list(model.opset_import))
    wrapped.ir_version = model.ir_version
    # The bytes identify a version: the same graph with another meaning is another version.
    helper.set_model_props(wrapped, description(options))
    onnx.checker.check_model(wrapped)
    return wrapped


def description(options: ImportVersionOptions) -> dict[str, str]:
    """What the file itself says of its outputs and of the square that it takes."""
    return {
        "labels": ",".join(label.value for label in options.predicted),
        "outputs": ",".join(label.value for label in options.labels),
        "context": f"{options.context:g}",
    }


def _add_input(graph: _Graph, given: OnnxInput, options: ImportVersionOptions) -> None:
    last = "crops"
    if options.colours is Colours.BGR:
        order = graph.array("order", np.array([2, 1, 0], np.int64))
        last = graph.add("Gather", [last, order], "bgr", axis=3)
    mean, deviation = (np.array(each, np.float32) for each in options.scaling.mean_and_deviation)
    if mean.any():
        last = graph.add("Sub", [last, graph.array("mean", mean)], "centred")
    if (deviation != 1).any():
        last = graph.add("Div", [last, graph.array("deviation", deviation)], "scaled")
    if given.channels_first:
        last = graph.add("Transpose", [last], "channels_first", perm=[0, 3, 1, 2])
    if given.kind == TensorProto.FLOAT:
        graph.add("Identity", [last], _PREFIX + given.name)
    else:
        graph.add("Cast", [last], _PREFIX + given.name, to=given.kind)


def _add_output(graph: _Graph, result: str, options: ImportVersionOptions, *, probabilities: bool) -> None:
    last = graph.add("Cast", [result], "outputs", to=TensorProto.FLOAT)
    columns = options.columns
    if columns is None and not probabilities:
        last, probabilities = graph.add("Softmax", [last], "softmax", axis=1), True
    if columns is None:
        last = graph.add("MatMul", [last, graph.array("sums", np.array(options.sums, np.float32))], "summed")
    if probabilities:
        least = graph.array("least", np.array(LEAST_PROBABILITY, np.float32))
        last = graph.add("Log", [graph.add("Max", [last, least], "bounded")], "logarithm")
    if columns is None:
        graph.add("Identity", [last], "logits")
    else:
        graph.add("Gather", [last, graph.array("columns", np.array(columns, np.int64))], "logits", axis=1)
