"""Write a classifier's folder: LiteRT file, correction, weights for the next training, and the card."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from core.detection.card import CARD_FILE
from core.detection.crop import CONTEXT
from core.release.card_text import card_text
from core.training.network.network import save_half
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
