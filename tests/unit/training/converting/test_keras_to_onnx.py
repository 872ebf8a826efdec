"""Keras networks as ONNX files: ONNX Runtime gives what Keras gives, for one crop and for several."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from core.errors import PermanentError
from tests.training import Late, need_training

need_training()
keras = Late("keras")
layers = Late("keras.layers")
keras_to_onnx = Late("core.training.converting.keras_to_onnx")
SIDE = 16

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def convolutions(last: Any) -> Any:
    """Strides, dilation, groups, depthwise with a multiplier, separable, with and without padding."""
    last = layers.Conv2D(8, 3, 2, padding="same")(last)
    last = layers.Conv2D(8, 3, padding="same", dilation_rate=2)(last)
    last = layers.Conv2D(8, 3, padding="same", groups=4)(last)
    last = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False)(last)
    last = layers.ZeroPadding2D(((1, 0), (2, 1)))(last)
    return layers.SeparableConv2D(6, 3)(last)


def normalizations(last: Any) -> Any:
    last = layers.Normalization(mean=[90, 100, 110], variance=[900, 1000, 1100])(last)
    last = layers.BatchNormalization()(layers.Conv2D(6, 1)(last))
    last = layers.GroupNormalization(3)(last)
    return layers.LayerNormalization()(last)


def activations(last: Any) -> Any:
    last = layers.Conv2D(6, 1)(last)
    last = layers.PReLU(shared_axes=[1, 2])(layers.LeakyReLU()(last))
    for name in ("silu", "gelu", "hard_silu", "mish", "elu", "selu", "tanh", "softplus", "relu6"):
        last = layers.Conv2D(6, 1)(layers.Activation(name)(last))
    return layers.Softmax()(layers.ReLU(6, 0.1, 0.2)(last))


def merges(last: Any) -> Any:
    other = layers.Conv2D(3, 1)(last)
    for merge in (layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum):
        other = merge()([other, last]) / 2.0
    last = layers.Concatenate()([layers.UpSampling2D(2)(layers.MaxPooling2D()(other)), last])
    last = layers.Concatenate(axis=1)([last, last[:, 2:10, :, ::-1]])
    edges = last[:, -1] + last[:, 3]
    return layers.Concatenate()([layers.Flatten()(last), edges[..., -1]])


def sizes(last: Any) -> Any:
    last = layers.Resizing(11, 13)(layers.AveragePooling2D(3, 2, "same")(last))
    last = layers.Cropping2D(((1, 2), (0, 1)))(layers.UpSampling2D(2, interpolation="bilinear")(last))
    last = layers.Permute((3, 1, 2))(layers.CenterCrop(9, 7)(last))
    return layers.Reshape((7, -1))(layers.RandomFlip()(last))


def operations(last: Any) -> Any:
    """What an import lets through between layers."""
    ops = keras.ops
    last = ops.take(ops.absolute(last) + 1.5, [2, 0, 0], axis=3)
    for operation in (ops.log, ops.exp, ops.reciprocal, ops.sqrt, ops.square, ops.erf, ops.gelu):
        last = operation(last)
    last = last + ops.round(last * 3) + ops.floor(last * 3) + ops.ceil(last * 3) + ops.sign(-last)
    last = ops.pad(ops.power(last, 2.0), ((0, 0), (1, 0), (0, 2), (0, 0)), constant_values=0.5)
    last = last / ops.sum(last, axis=(1, 2), keepdims=True) - ops.max(last, axis=3, keepdims=True)
    last = ops.maximum(ops.minimum(last, 2.0), -ops.min(last, axis=-1, keepdims=True))
    return ops.log_softmax(ops.mean(ops.matmul(last, np.ones((3, 2), np.float32)), axis=2))


MAKERS = [convolutions, normalizations, activations, merges, sizes, operations]


@pytest.mark.parametrize("make", MAKERS)
def test_onnx_runtime_gives_what_keras_gives(tmp_path: Path, make: Callable[[Any], Any]) -> None:
    keras.utils.set_random_seed(3)
    crops = keras.Input((SIDE, SIDE, 3), name="crops")
    last = make(layers.Rescaling(1 / 127.5, -1)(crops))
    network = keras.Model(crops, layers.Dense(4)(layers.Flatten()(last)))
    keras_to_onnx.write_onnx(network, tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    given = np.random.default_rng(4).integers(0, 256, (5, SIDE, SIDE, 3)).astype(np.float32)
    wanted = np.asarray(network(given, training=False))
    for some in (given, given[:1]):
        found = session.run(["logits"], {"crops": some})[0]
        assert found == pytest.approx(wanted[: len(some)], abs=1e-4 * float(np.abs(wanted).max()))


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    crops = keras.Input((SIDE, SIDE, 3), name="crops")
    sorted_pixels = keras.ops.sort(layers.GlobalMaxPooling2D()(crops))
    with pytest.raises(PermanentError) as refused:
        keras_to_onnx.write_onnx(keras.Model(crops, layers.Dense(4)(sorted_pixels)), tmp_path / "o")
    assert refused.value.code == "onnx_layer_unknown" and "operator" in refused.value.message
