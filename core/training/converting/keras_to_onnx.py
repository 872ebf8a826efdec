"""Write a Keras network as an ONNX file, by the operators that TensorFlow traces of it."""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from pathlib import Path

import keras
import onnx
import tensorflow as tf
from onnx import TensorProto, helper

from core.errors import PermanentError
from core.training.converting.onnx_graph import OnnxGraph, Tensor
from core.training.converting.tensorflow_operators import WRITERS, convolution, output_shape
from core.training.network.litert_file import freeze

#: Crops of the trace. With a single one, Keras would take a tensor of one pixel for a bias.
_CROPS = 7
_OPSET = 18
_IR_VERSION = 9
#: Operators that give what they are given.
_SAME = frozenset(("Identity", "IdentityN", "StopGradient", "PreventGradient"))
_CONVOLUTIONS = frozenset(("Conv2D", "DepthwiseConv2dNative"))


def write_onnx(network: keras.Model, file: Path) -> None:
    """Write it for any number of crops: float32 (n, side, side, 3) in, logits float32 (n, outputs) out.

    Raises PermanentError onnx_layer_unknown for what cannot be written.
    """
    side, outputs = network.input_shape[1], network.output_shape[-1]
    frozen = freeze(network, _CROPS)
    graph = OnnxGraph()
    given = Tensor(name="crops", shape=(_CROPS, side, side, 3))
    walk = _Walk(graph, frozen.graph)
    result = walk.run({frozen.inputs[0].name: given}, frozen.outputs)[0]
    last = graph.last(result)
    graph.nodes.append(helper.make_node("Identity", [last], ["logits"], name="logits"))
    crops = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", side, side, 3])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", outputs])
    made = helper.make_graph(graph.nodes, "mask_classifier", [crops], [logits], graph.arrays)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)])
    # Readers refuse files of a newer IR version, whatever features they use.
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    file.write_bytes(model.SerializeToString())


class _Walk:
    """Writes the operators of a TensorFlow graph in their order; what depends on no crop is computed."""

    def __init__(self, graph: OnnxGraph, traced: tf.Graph) -> None:
        self._graph, self._traced = graph, traced
        self._found: dict[str, Tensor] = {}

    def run(self, given: dict[str, Tensor], wanted: Sequence[tf.Tensor]) -> list[Tensor]:
        """The tensors that are wanted; `given` are the inputs by name."""
        order = _in_order(wanted)
        self._found.update(given)
        depends = self._depends_on(given, order)
        self._compute(order, depends, wanted)
        for operator in order:
            if operator.name in depends and operator.outputs[0].name not in self._found:
                self._write(operator)
        return [self._found[tensor.name] for tensor in wanted]

    def _depends_on(self, given: dict[str, Tensor], order: Sequence[tf.Operation]) -> set[str]:
        """Names of the operators that depend on an input."""
        names: set[str] = set()
        for operator in order:
            inputs = any(tensor.op.name in names for tensor in operator.inputs)
            if inputs or any(tensor.name in given for tensor in operator.outputs):
                names.add(operator.name)
        return names

    def _compute(self, order: Sequence[tf.Operation], depends: set[str], wanted: Sequence[tf.Tensor]) -> None:
        """Constants that what depends on the crop takes."""
        taken = [tensor for operator in order if operator.name in depends for tensor in operator.inputs]
        fixed = {each.name: each for each in (*taken, *wanted) if each.op.name not in depends}
        arrays = {
            name: tf.make_ndarray(each.op.get_attr("value"))
            for name, each in fixed.items()
            if each.op.type == "Const"
        }
        computed = {name: each for name, each in fixed.items() if name not in arrays}
        if computed:
            with tf.compat.v1.Session(graph=self._traced) as session:
                arrays |= session.run(computed)
        self._found.update({name: Tensor(shape=array.shape, array=array) for name, array in arrays.items()})

    def _write(self, operator: tf.Operation) -> None:
        inputs = [self._found[tensor.name] for tensor in operator.inputs if tensor.name in self._found]
        kind = operator.type
        before = operator.inputs[0].op.type
        if kind == "SpaceToBatchND" or (kind in _CONVOLUTIONS and before == "SpaceToBatchND"):
            # A dilated convolution takes three operators, and is written at the last one.
            return
        if kind in _SAME:
            found = inputs
        elif kind == "BatchToSpaceND":
            found = [self._dilated(operator)]
        else:
            found = [self._one(operator, inputs)]
        for tensor, value in zip(operator.outputs, found, strict=False):
            self._found[tensor.name] = value

    def _one(self, operator: tf.Operation, inputs: Sequence[Tensor]) -> Tensor:
        try:
            return WRITERS[operator.type](self._graph, operator, inputs)
        except (KeyError, TypeError) as error:
            raise _unknown(operator.type) from error

    def _dilated(self, last: tf.Operation) -> Tensor:
        """A dilated convolution; TensorFlow spreads its pixels over a batch before and gathers them after."""
        middle = last.inputs[0].op
        if middle.type not in _CONVOLUTIONS or middle.inputs[0].op.type != "SpaceToBatchND":
            raise _unknown(last.type)
        first = middle.inputs[0].op
        block, pads, crops = (
            self._found[tensor.name].constant for tensor in (first.inputs[1], first.inputs[2], last.inputs[2])
        )
        inputs = [self._found[tensor.name] for tensor in (first.inputs[0], middle.inputs[1])]
        kept = pads - crops
        padding = {"pads": [*kept[:, 0].tolist(), *kept[:, 1].tolist()]}
        made = convolution(self._graph, middle, inputs, tuple(block.tolist()), padding)
        return Tensor(name=made.name, shape=output_shape(last), channels_first=True)


def _in_order(wanted: Sequence[tf.Tensor]) -> list[tf.Operation]:
    """The operators that are needed, each behind those that it takes."""
    names: dict[str, tf.Operation] = {}
    before: dict[str, set[str]] = {}
    waiting = [tensor.op for tensor in wanted]
    while waiting:
        operator = waiting.pop()
        if operator.name not in names:
            names[operator.name] = operator
            before[operator.name] = {tensor.op.name for tensor in operator.inputs}
            waiting += [tensor.op for tensor in operator.inputs]
    return [names[name] for name in TopologicalSorter(before).static_order()]


def _unknown(kind: str) -> PermanentError:
    return PermanentError("onnx_layer_unknown", f"TensorFlow's operator {kind} cannot be written as ONNX.")
