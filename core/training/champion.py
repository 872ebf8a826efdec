"""Write a classifier's folder: LiteRT file, correction, weights to start the next training from, and the card."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.detection.card import CARD_FILE
from core.detection.crop import CONTEXT
from core.errors import PermanentError
from core.training.card_text import card_text
from models.label import Label

CLASSIFIER_FILE = "classifier.tflite"
CORRECTION_FILE = "correction.npz"
#: The network's arrays in float16: enough to go on training from, at half the size.
WEIGHTS_FILE = "weights.npz"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training made: the network, its chosen LiteRT file, and what the card tells."""

    name: str
    network: keras.Model
    classifier: Path
    correction: Path
    side: int
    temperature: float
    #: How it was trained and what it was measured at, as JSON writes it.
    details: dict[str, Any]


def write_champion(trained: Trained, folder: Path) -> None:
    """Fill the folder; files that were there under the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.classifier, folder / CLASSIFIER_FILE)
    shutil.copyfile(trained.correction, folder / CORRECTION_FILE)
    save_half(trained.network, folder / WEIGHTS_FILE)
    card = {
        "name": trained.name,
        "labels": [label.value for label in Label],
        "classifier": _file_entry(folder / CLASSIFIER_FILE),
        "correction": _file_entry(folder / CORRECTION_FILE),
        "weights": _file_entry(folder / WEIGHTS_FILE),
        "input": {"side": trained.side, "context": CONTEXT, "colours": "RGB", "range": [0, 255]},
        "temperature": trained.temperature,
        **trained.details,
    }
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(card_text(card), encoding="utf-8")


def _file_entry(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def save_half(network: keras.Model, path: Path) -> None:
    """Write all arrays of the network in float16, numbered in the network's order."""
    arrays = {f"w{index:03d}": array.astype(np.float16) for index, array in enumerate(network.get_weights())}
    np.savez(path, **arrays)


def load_half(network: keras.Model, path: Path) -> None:
    """Fill a network of the same shape from what `save_half` wrote; PermanentError when it does not fit."""
    with np.load(path, allow_pickle=False) as arrays:
        stored = [arrays[name].astype(np.float32) for name in sorted(arrays.files)]
    try:
        network.set_weights(stored)
    except ValueError as error:
        raise PermanentError("weights_unknown_layout", f"{path.name} does not fit the network.") from error
