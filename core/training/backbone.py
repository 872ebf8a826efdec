"""The network that a training starts from, the hash of its backbone, and features of crops."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from core.detection.weights import MOBILENET, fetch_weights
from core.errors import PermanentError
from core.training.network.network import build_network, load_half, load_imagenet, save_half

_BATCH = 64
#: MobileNetV2's channel multiplier, by the number of channels of its first convolution.
_WIDTHS = {32: 1.0, 24: 0.75, 16: 0.5}


@dataclass(frozen=True, kw_only=True)
class StartingNetwork:
    """The network before the fit."""

    network: keras.Model
    side: int
    #: The version whose weights these are; None for ImageNet weights.
    parent_id: int | None


def start_from_imagenet(weights: Path, side: int, seed: int, file: Path) -> None:
    """Write the arrays of a network with ImageNet's backbone and a new head; fetches missing weights."""
    fetch_weights([MOBILENET.name], weights)
    keras.utils.set_random_seed(seed)
    network = build_network(side)
    load_imagenet(network, weights / MOBILENET.name)
    save_arrays(network, file)


def save_arrays(network: keras.Model, file: Path) -> None:
    """Write a network's arrays as float16, atomically."""
    partial = file.with_name(f"next-{file.name}")
    save_half(network, partial)
    partial.replace(file)


def open_network(file: Path, side: int) -> keras.Model:
    """The network for crops of this side, with the arrays of a file.

    Raises PermanentError weights_unknown_layout where the arrays fit no known network.
    """
    network = build_network(side, width=_width(file))
    load_half(network, file)
    return network


def _width(file: Path) -> float:
    """The width of the network in a file, from the channels of its first convolution."""
    with np.load(file, allow_pickle=False) as arrays:
        first = arrays["w000"] if "w000" in arrays.files else np.empty(0)
    if first.ndim != 4 or first.shape[-1] not in _WIDTHS:
        raise PermanentError("weights_unknown_layout", f"{file.name} holds no network that Maskloop knows.")
    return _WIDTHS[first.shape[-1]]


def backbone_sha256(network: keras.Model, side: int) -> str:
    """Hash of the backbone's arrays and the crops' side: what features depend on, beside the crop."""
    digest = hashlib.sha256(f"{side}".encode())
    for array in network.get_layer("backbone").get_weights():
        digest.update(array.astype(np.float16).tobytes())
    return digest.hexdigest()


def feature_network(network: keras.Model) -> keras.Model:
    """The part of the network below its head: crops float32 (n, side, side, 3) to features (n, 1280)."""
    return keras.Model(network.input, network.get_layer("dropout").input)


def compute_features(features: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Features float32 (n, 1280) of crops uint8 (n, side, side, 3)."""
    # Padded to whole batches, because TensorFlow builds its graph again for each new batch size.
    padded = np.zeros((-(-len(crops) // _BATCH) * _BATCH, *crops.shape[1:]), np.float32)
    padded[: len(crops)] = crops
    parts = [
        np.asarray(features.predict_on_batch(padded[start : start + _BATCH]))
        for start in range(0, len(padded), _BATCH)
    ]
    return np.concatenate(parts)[: len(crops)]
