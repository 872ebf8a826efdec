"""The classifier's network: MobileNetV2 on crops of 0 to 255, four logits in the order of `Label`."""

from pathlib import Path

import h5py
import keras
import numpy as np

from core.errors import PermanentError
from models.label import Label

#: The backbone layer from which on the second stage trains; layers below keep their ImageNet weights.
FIRST_TRAINED_LAYER = "block_3_expand"
#: Momentum of batch normalization; MobileNetV2's own 0.999 adapts too slowly for a fit this short.
STATISTICS_MOMENTUM = 0.99


def build_network(
    side: int, *, width: float = 1.0, dropout: float = 0.3, learn_statistics: bool = False
) -> keras.Model:
    """An untrained network for crops float32 (n, side, side, 3), RGB 0 to 255; logits float32 (n, 4).

    `width` is MobileNetV2's channel multiplier (alpha). Batch normalization uses the statistics it is given,
    which makes a step faster, unless `learn_statistics` is true.
    """
    crops = keras.Input((side, side, 3), name="crops")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1, name="scale")(crops)
    backbone = keras.applications.MobileNetV2(
        input_shape=(side, side, 3),
        alpha=width,
        include_top=False,
        weights=None,
        pooling="avg",
        name="backbone",
    )
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = STATISTICS_MOMENTUM
    features = backbone(scaled) if learn_statistics else backbone(scaled, training=False)
    dropped = keras.layers.Dropout(dropout, name="dropout")(features)
    return keras.Model(crops, keras.layers.Dense(len(Label), name="logits")(dropped), name="mask_classifier")


def load_imagenet(network: keras.Model, weights: Path) -> None:
    """Copy the backbone's ImageNet weights from a Keras HDF5 file, matching layers by name."""
    backbone = network.get_layer("backbone")
    with h5py.File(weights, "r") as file:
        stored = file.get("model_weights", file)
        for layer in backbone.layers:
            if layer.weights:
                layer.set_weights(_layer_arrays(stored, layer))


def _layer_arrays(stored: h5py.Group, layer: keras.Layer) -> list[np.ndarray]:
    if layer.name not in stored:
        raise PermanentError("weights_unknown_layout", f"The ImageNet weights lack the layer {layer.name}.")
    group = stored[layer.name]
    return [np.asarray(group[name]) for name in group.attrs["weight_names"]]


def train_head_only(network: keras.Model) -> None:
    """First stage: freeze the backbone, train the last layer only."""
    network.get_layer("backbone").trainable = False


def train_upper_layers(network: keras.Model, first: str = FIRST_TRAINED_LAYER) -> None:
    """Second stage: train everything from a backbone layer on."""
    backbone = network.get_layer("backbone")
    backbone.trainable = True
    names = [layer.name for layer in backbone.layers]
    for index, layer in enumerate(backbone.layers):
        layer.trainable = index >= names.index(first)


def build_variables(model: keras.Model, labels: tuple[int, ...] = (1, len(Label))) -> None:
    """Make the variables of a compiled model's optimizer and metrics; `labels` is the shape of one label.

    If its first step has to make them, TensorFlow traces that step twice, each time for many seconds.
    """
    model.optimizer.build(model.trainable_variables)
    model.compute_metrics(None, keras.ops.zeros(labels), keras.ops.zeros((1, len(Label))))
    model.reset_metrics()


def save_half(network: keras.Model, path: Path) -> None:
    """Write all arrays of the network as float16, numbered in the network's order."""
    arrays = {f"w{index:03d}": array.astype(np.float16) for index, array in enumerate(network.get_weights())}
    np.savez(path, **arrays)


def load_half(network: keras.Model, path: Path) -> None:
    """Load what `save_half` wrote; raises PermanentError weights_unknown_layout where the shapes differ."""
    with np.load(path, allow_pickle=False) as arrays:
        stored = [arrays[name].astype(np.float32) for name in sorted(arrays.files)]
    try:
        network.set_weights(stored)
    except ValueError as error:
        raise PermanentError("weights_unknown_layout", f"{path.name} does not fit the network.") from error
