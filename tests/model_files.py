"""Keras files, good ones and bad ones, made in milliseconds without Keras; answers of the ONNX classifier."""

import io
import json
import zipfile
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.onnx_classifier import SIDE, mean_weights


def expected_logits(crops: NDArray[np.uint8], outputs: int = 4) -> NDArray[np.float32]:
    """What `onnx_model` gives for crops (n, side, side, 3) RGB."""
    return (crops.astype(np.float32) / 255).mean(axis=(1, 2)) @ mean_weights(outputs)


def layer(name: str, config: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
    """A layer as `config.json` names it."""
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def keras_config(*layers: dict[str, Any], outputs: int = 3) -> dict[str, Any]:
    """A sequential network: the given layers, a pooling, a dense layer with softmax."""
    shape = [None, SIDE, SIDE, 3]
    first = layer("InputLayer", {"batch_shape": shape, "dtype": "float32", "name": "pictures"})
    pool = layer("GlobalAveragePooling2D", {"name": "pool"})
    last = layer("Dense", {"name": "dense", "units": outputs, "activation": "softmax"})
    config = {"name": "classifier", "layers": [first, *layers, pool, last]}
    return layer("Sequential", config, "keras") | {"build_config": {"input_shape": shape}}


def keras_weights(outputs: int = 3) -> bytes:
    """The arrays of `keras_config`, as Keras 3 stores them."""
    stored = io.BytesIO()
    with h5py.File(stored, "w") as file:
        dense = file.create_group("layers/dense/vars")
        dense["0"] = mean_weights(outputs) / 255
        dense["1"] = np.zeros(outputs, np.float32)
    return stored.getvalue()


def keras_bytes(
    config: dict[str, Any] | bytes | None = None,
    *,
    weights: bytes | None = None,
    more: dict[str, bytes] | None = None,
    outputs: int = 3,
) -> bytes:
    """A `.keras` file."""
    given = config if config is not None else keras_config(outputs=outputs)
    members = {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": given if isinstance(given, bytes) else json.dumps(given).encode(),
        "model.weights.h5": keras_weights(outputs) if weights is None else weights,
        **(more or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()
