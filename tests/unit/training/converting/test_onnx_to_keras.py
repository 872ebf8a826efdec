"""ONNX graphs as Keras networks: Keras gives what ONNX Runtime gives, or the operator is named."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.errors import PermanentError
from core.training.importing.keras_check import unpack_keras
from tests.training import Late, need_training

need_training()
keras = Late("keras")
onnx_to_keras = Late("core.training.converting.onnx_to_keras")
formats = Late("core.training.formats")
SIDE = 16
_RNG = np.random.default_rng(5)

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
#: Files that PyTorch wrote, among the tests that come with the `onnx` package.
SAMPLES = Path(onnx.__file__).parent / "backend" / "test" / "data"
PYTORCH = (
    "pytorch-converted/test_Conv2d", "pytorch-converted/test_Conv2d_depthwise_with_multiplier",
    "pytorch-converted/test_Conv2d_groups", "pytorch-converted/test_Conv2d_padding",
    "pytorch-converted/test_ConstantPad2d", "pytorch-converted/test_MaxPool2d",
    "pytorch-converted/test_PixelShuffle", "pytorch-converted/test_log_softmax_dim3",
    "pytorch-operator/test_operator_flatten", "pytorch-operator/test_operator_reduced_mean",
    "pytorch-operator/test_operator_selu",
)  # fmt: skip


class Graph:
    """A graph for crops (n, 16, 16, 3) that is written node by node, as PyTorch's exporter writes one."""

    def __init__(self, opset: int = 17) -> None:
        self.opset, self.nodes, self.arrays = opset, [], []
        self.last = self.add("Transpose", "crops", perm=[0, 3, 1, 2])

    def add(self, kind: str, *inputs: str | np.ndarray, outputs: int = 1, **attributes: Any) -> str:
        """Add a node; arrays among the inputs become initializers."""
        names = [self._name(given) for given in inputs]
        self.last = f"t{len(self.nodes)}"
        made = [self.last, *(f"{self.last}_{more}" for more in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, names, made, **attributes))
        return self.last

    def then(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add a node behind the last one."""
        return self.add(kind, self.last, *inputs, **attributes)

    def _name(self, given: str | np.ndarray) -> str:
        if isinstance(given, str):
            return given
        self.arrays.append(numpy_helper.from_array(given, f"a{len(self.arrays)}"))
        return self.arrays[-1].name

    def model(self) -> onnx.ModelProto:
        """The model, whose output is the last tensor."""
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "g",
            [info("crops", TensorProto.FLOAT, ["n", SIDE, SIDE, 3])],
            [info(self.last, TensorProto.FLOAT, ["n", 4])],
            self.arrays,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 9
        return model


def weights(*shape: int) -> np.ndarray:
    return _RNG.normal(0, 0.3, shape).astype(np.float32)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def number(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def ends(graph: Graph, features: int) -> Graph:
    """Pool, flatten by a computed shape, and classify, as `x.view(x.size(0), -1)` is exported."""
    pooled = graph.then("GlobalAveragePool")
    shape = graph.add("Shape", pooled)
    count = graph.add("Gather", shape, numbers(0), axis=0)
    wanted = graph.add("Concat", count, numbers(-1), axis=0)
    graph.add("Reshape", pooled, wanted)
    graph.then("Gemm", weights(4, features), weights(4), transB=1)
    return graph


def residual() -> Graph:
    """ResNet's stem and block: padding that Keras's `same` is not, and a squeeze and excitation."""
    graph = Graph()
    stem = graph.then("Conv", weights(8, 3, 7, 7), strides=[2, 2], pads=[3, 3, 3, 3])
    ones = np.ones(8, np.float32)
    graph.add("BatchNormalization", stem, weights(8), weights(8), weights(8), ones)
    stem = graph.add("MaxPool", graph.then("Neg"), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    graph.then("Conv", weights(8, 4, 3, 3), weights(8), group=2, pads=[1, 1, 1, 1])
    inner = graph.then("Relu")
    graph.add("ReduceMean", inner, axes=[2, 3], keepdims=1)
    graph.then("Conv", weights(8, 8, 1, 1))
    graph.add("Mul", inner, graph.then("HardSigmoid", alpha=1 / 6, beta=0.5))
    graph.add("Add", graph.last, stem)
    return ends(graph, 8)


def mobile() -> Graph:
    """Depthwise convolutions, clips and HardSwish, average pooling with padding, Split and Slice."""
    graph = Graph()
    graph.then("Conv", weights(6, 3, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1])
    graph.then("Clip", number(0), number(6))
    graph.then("Conv", weights(12, 1, 3, 3), group=6, pads=[1, 1, 1, 1], dilations=[1, 1])
    graph.then("HardSwish")
    for counted in (0, 1):
        graph.then("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=counted)
    graph.then("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    half = graph.then("Split", numbers(5, 7), outputs=2, axis=1)
    graph.add("Slice", f"{half}_1", numbers(6), numbers(-100), numbers(1), numbers(-2))
    graph.add("Concat", half, graph.last, axis=1)
    graph.then("PRelu", weights(9, 1, 1))
    return ends(graph, 9)


def shuffled() -> Graph:
    """ShuffleNet's shuffle of channels, and the softmax of old opsets."""
    graph = Graph(opset=11)
    graph.then("Conv", weights(8, 3, 1, 1))
    graph.then("Reshape", numbers(-1, 2, 4, SIDE, SIDE))
    graph.then("Transpose", perm=[0, 2, 1, 3, 4])
    graph.then("Reshape", numbers(-1, 8, SIDE, SIDE))
    graph.then("Pad", numbers(0, 0, 1, 0, 0, 0, 0, 2), number(0.5))
    graph.then("LeakyRelu", alpha=0.2)
    ends(graph, 8).then("Softmax", axis=1)
    return graph


def attentive() -> Graph:
    """ConvNeXt's layer normalization, written out, and GELU by Erf; a bilinear use of two tensors."""
    graph = Graph()
    graph.then("Conv", weights(6, 3, 4, 4), strides=[4, 4])
    rows = graph.then("Transpose", perm=[0, 2, 3, 1])
    mean = graph.add("ReduceMean", rows, axes=[-1])
    centred = graph.add("Sub", rows, mean)
    graph.add("Pow", centred, number(2))
    graph.then("ReduceMean", axes=[-1])
    graph.then("Add", number(1e-6))
    graph.add("Div", centred, graph.then("Sqrt"))
    graph.then("Mul", weights(6))
    inner = graph.then("MatMul", weights(6, 12))
    graph.add("Div", inner, number(2**0.5))
    graph.add("Mul", inner, graph.add("Add", graph.then("Erf"), number(1)))
    graph.then("Transpose", perm=[0, 3, 1, 2])
    graph.then("Unsqueeze", numbers(2))
    graph.then("Squeeze", numbers(2))
    graph.then("InstanceNormalization", weights(12), weights(12))
    flat = graph.then("Flatten")
    graph.add("MatMul", flat, weights(12 * 16, 4))
    return graph


def run(model: onnx.ModelProto, given: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: given})[0]


@pytest.mark.parametrize("make", [residual, mobile, shuffled, attentive])
def test_keras_and_litert_give_what_onnx_runtime_gives(tmp_path: Path, make: Any) -> None:
    model = make().model()
    onnx.checker.check_model(model)
    network = onnx_to_keras.build_keras(model)
    given = _RNG.uniform(-1, 1, (3, SIDE, SIDE, 3)).astype(np.float32)
    wanted = np.concatenate([run(model, each[None]) for each in given])
    bound = 1e-4 * float(np.abs(wanted).max())
    assert np.asarray(network(given, training=False)) == pytest.approx(wanted, abs=bound)
    formats.save_keras(network, tmp_path / "a.keras")
    read = keras.saving.load_model(tmp_path / "a.keras", safe_mode=True, compile=False)
    assert np.asarray(read(given, training=False)) == pytest.approx(wanted, abs=bound)
    # It could come in again: the file names only what the check of imports lets through.
    unpack_keras(tmp_path / "a.keras", tmp_path / "weights.h5")


@pytest.mark.parametrize("name", PYTORCH)
def test_what_pytorch_wrote(name: str) -> None:
    model = onnx.load(SAMPLES / name / "model.onnx")
    stored = {array.name for array in model.graph.initializer}
    shape = [
        side.dim_value
        for each in model.graph.input
        if each.name not in stored
        for side in each.type.tensor_type.shape.dim
    ]
    given = _RNG.normal(size=shape).astype(np.float32)
    found = np.asarray(onnx_to_keras.build_keras(model)(given, training=False))
    assert found == pytest.approx(run(model, given), abs=1e-5)


def resized() -> Graph:
    graph = Graph()
    graph.then("Resize", "", np.array([1, 1, 2, 2], np.float32), mode="nearest")
    return ends(graph, 3)


def quantized() -> Graph:
    graph = Graph()
    graph.then("QuantizeLinear", number(0.1), np.array(0, np.uint8))
    graph.then("DequantizeLinear", number(0.1), np.array(0, np.uint8))
    return ends(graph, 3)


def mixing() -> Graph:
    graph = Graph()
    graph.then("ReduceMean", axes=[0], keepdims=1)
    return ends(graph, 3)


@pytest.mark.parametrize(
    ("make", "said"), [(resized, "Resize"), (quantized, "QuantizeLinear"), (mixing, "mixes the crops")]
)
def test_what_cannot_be_built_is_named(make: Any, said: str) -> None:
    with pytest.raises(PermanentError, match=said) as refused:
        onnx_to_keras.build_keras(make().model())
    assert refused.value.code == "keras_layer_unknown"
