"""Begin a narrow MobileNetV2 from a wide one: of each layer the channels that weigh most."""

import keras
import numpy as np
from numpy.typing import NDArray

Channels = NDArray[np.int64]


def fill_narrow(narrow: keras.Model, wide: keras.Model) -> None:
    """Copy into `narrow` the channels of `wide` whose filters have the greatest mean magnitude.

    Both are MobileNetV2 classifiers of the same layers. What a block adds to its input must lie in the same
    channels as that input, so those are chosen once for all blocks that add to each other.
    """
    entering = np.arange(3)
    carried: Channels | None = None
    source, target = wide.get_layer("backbone"), narrow.get_layer("backbone")
    for layer in target.layers:
        if not layer.weights:
            continue
        arrays = source.get_layer(layer.name).get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([array[entering] for array in arrays])
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.set_weights([arrays[0][:, :, entering]])
        else:
            leaving = _leaving(layer, arrays[0][:, :, entering], target, carried)
            layer.set_weights([arrays[0][:, :, entering][..., leaving]])
            entering = leaving
            if _ends_block(layer.name):
                carried = leaving
    kernel, bias = wide.get_layer("logits").get_weights()
    narrow.get_layer("logits").set_weights([kernel[entering], bias])


def _leaving(
    layer: keras.Layer, kernel: np.ndarray, network: keras.Model, carried: Channels | None
) -> Channels:
    """The output channels that a convolution keeps, in their order."""
    block = layer.name.removesuffix("_project")
    if carried is not None and _ends_block(layer.name) and f"{block}_add" in _names(network):
        return carried
    weight = np.abs(kernel).mean(axis=(0, 1, 2))
    return np.sort(np.argsort(-weight, kind="stable")[: layer.filters])


def _ends_block(name: str) -> bool:
    return name.endswith("_project")


def _names(network: keras.Model) -> set[str]:
    return {layer.name for layer in network.layers}
