"""YuNet as a Keras network: its ONNX file read node by node, and trained weights written back into a copy.

The graph, and so the speed and the file's format, stay as they are; only the numbers of the convolutions
change.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from core.errors import PermanentError

#: The network's convolutional outputs, in the order of the Keras network's: 1, 1, 4 and 10 channels a cell.
KINDS = ("cls", "obj", "bbox", "kps")
#: What follows the last convolutions: it changes the layout of the outputs, or only the scores' scale.
_AFTER = {"Transpose", "Reshape", "Sigmoid"}


@dataclass(frozen=True, kw_only=True)
class LoadedYuNet:
    """The network, and where its weights come from.

    `model` takes float32 (b, h, w, 3) BGR, 0 to 255, sides multiples of 32, and gives twelve outputs
    (b, h / s, w / s, c): `cls`, `obj` (logits), `bbox`, `kps` for each stride 8, 16, 32, stride by stride.
    """

    model: keras.Model
    graph: onnx.ModelProto
    #: Names of kernel and bias in the file, by the name of the layer.
    names: dict[str, tuple[str, str]]


def load_yunet(file: bytes, strides: tuple[int, ...] = (8, 16, 32)) -> LoadedYuNet:
    """Build the network of an ONNX file with the layout of YuNet 2023mar.

    Raises PermanentError weights_unknown_layout.
    """
    try:
        graph = onnx.load_from_string(file)
        reader = _Reader(graph.graph)
        outputs = [reader.tensors[reader.sources[f"{kind}_{s}"]] for s in strides for kind in KINDS]
        model = keras.Model(reader.tensors["input"], outputs)
        for layer, (kernel, bias) in reader.names.items():
            arrays = reader.arrays[kernel], reader.arrays[bias]
            model.get_layer(layer).set_weights([_to_keras(arrays[0], layer), arrays[1]])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise PermanentError(
            "weights_unknown_layout", f"The file is no network with the layout of YuNet: {error}."
        ) from error
    except Exception as error:  # protobuf raises a class of its own for a file that is none.
        raise PermanentError("weights_unknown_layout", "The file is no ONNX network.") from error
    return LoadedYuNet(model=model, graph=graph, names=reader.names)


def to_onnx(loaded: LoadedYuNet, model: keras.Model | None = None) -> bytes:
    """A copy of the file with the weights of a network of the same layers; by default the loaded one."""
    graph = onnx.ModelProto()
    graph.CopyFrom(loaded.graph)
    initializers = {each.name: each for each in graph.graph.initializer}
    for layer, (kernel, bias) in loaded.names.items():
        weights, offsets = (model or loaded.model).get_layer(layer).get_weights()
        initializers[kernel].raw_data = _to_file(weights, layer).astype("<f4").tobytes()
        initializers[bias].raw_data = offsets.astype("<f4").tobytes()
    return bytes(graph.SerializeToString())


def blended(first: bytes, second: bytes, share: float) -> bytes:
    """A file with weights between those of two files of one layout: `share` of the second's.

    Half-way between a network and what fine-tuning made of it, it keeps what the first knew of other cameras
    (WiSE-FT: Wortsman et al. 2022).
    """
    graph, other = onnx.load_from_string(first), onnx.load_from_string(second)
    seconds = {each.name: numpy_helper.to_array(each) for each in other.graph.initializer}
    for each in graph.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT and each.raw_data:
            between = (1 - share) * numpy_helper.to_array(each) + share * seconds[each.name]
            each.raw_data = between.astype("<f4").tobytes()
    return bytes(graph.SerializeToString())


def shifted(file: bytes, shift: float) -> bytes:
    """A copy of a file of YuNet's layout that scores every cell differently: `obj` as a logit, by `shift`."""
    graph = onnx.load_from_string(file)
    heads = {f"bbox_head.multi_level_obj.{level}.conv2.bias" for level in range(3)}
    for each in graph.graph.initializer:
        if each.name in heads:
            bias = numpy_helper.to_array(each) + np.float32(shift)
            each.raw_data = bias.astype("<f4").tobytes()
    return bytes(graph.SerializeToString())


class _Reader:
    """Walks the nodes, which ONNX keeps in an order in which they can be computed."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self.tensors: dict[str, Any] = {"input": keras.Input((None, None, 3), name="input")}
        self.names: dict[str, tuple[str, str]] = {}
        #: The convolution's output from which a later tensor follows without further arithmetic of ours.
        self.sources: dict[str, str] = {}
        for node in graph.node:
            self._read(node)

    def _read(self, node: onnx.NodeProto) -> None:
        given, made = node.input[0], node.output[0]
        if node.op_type in _AFTER:
            self.sources[made] = self.sources.get(given, given)
            return
        match node.op_type:
            case "Conv":
                self.tensors[made] = self._convolve(node)
            case "Relu":
                self.tensors[made] = keras.layers.ReLU()(self.tensors[given])
            case "MaxPool":
                self.tensors[made] = keras.layers.MaxPooling2D(2)(self.tensors[given])
            case "Resize":
                self.tensors[made] = keras.layers.UpSampling2D(2)(self.tensors[given])
            case "Add":
                self.tensors[made] = keras.layers.Add()([self.tensors[each] for each in node.input])
            case other:
                raise ValueError(f"the operation {other} is not one of YuNet's")

    def _convolve(self, node: onnx.NodeProto) -> Any:
        given, kernel, bias = node.input
        settings = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        side, stride, groups = settings["kernel_shape"][0], settings["strides"][0], settings["group"]
        tensor = self.tensors[given]
        channels, per_group = self.arrays[kernel].shape[:2]
        if side == 3:
            # Keras' "same" would pad an even side below and to the right alone where the stride is 2.
            tensor = keras.layers.ZeroPadding2D(1)(tensor)
        depthwise = per_group == 1 and side == 3
        if depthwise != (groups == channels and side == 3):
            raise ValueError(f"the convolution {kernel} has {groups} groups")
        layer = (
            keras.layers.DepthwiseConv2D(side, strides=stride, name=f"depthwise_{len(self.names)}")
            if depthwise
            else keras.layers.Conv2D(channels, side, strides=stride, name=f"conv_{len(self.names)}")
        )
        self.names[layer.name] = (kernel, bias)
        return layer(tensor)


def _to_keras(kernel: NDArray[np.float32], layer: str) -> NDArray[np.float32]:
    """ONNX (out, in / groups, h, w) to Keras (h, w, in, out), or (h, w, channels, 1) of a depthwise layer."""
    return kernel.transpose((2, 3, 0, 1) if layer.startswith("depthwise") else (2, 3, 1, 0))


def _to_file(kernel: NDArray[np.float32], layer: str) -> NDArray[np.float32]:
    return kernel.transpose((2, 3, 0, 1) if layer.startswith("depthwise") else (3, 2, 0, 1))
