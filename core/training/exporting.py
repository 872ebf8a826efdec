"""A fitted network as the files of a version, checked against each other, with the card."""

import hashlib
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.detection.card import CHAMPION, read_card
from core.detection.crop import CONTEXT
from core.training.backbone import open_network
from core.training.export_check import (
    LITERT_BOUND,
    ONNX_BOUND,
    Agreement,
    ExportedFiles,
    check_exports,
    is_int8_usable,
)
from core.training.folder import TrainingFolder
from core.training.network.calibration import best_temperature
from core.training.network.choosing import choose_file
from core.training.onnx_file import write_onnx
from core.training.prepared import Prepared
from models.label import Label
from models.split import Split
from models.version_file import VersionFileKind

_CORRECTION = "correction.npz"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Files by kind, and what the card says of them."""

    paths: dict[VersionFileKind, Path]
    card: dict[str, Any]


def export(prepared: Prepared, folder: TrainingFolder, *, name: str, details: dict[str, Any]) -> Exported:
    """Write Keras arrays, LiteRT float and int8, ONNX; PermanentError export_differs.

    `details` are further entries of the card. The network is the one that its own float16 arrays give, so
    that the files agree with what a later training goes on from.
    """
    out = folder.exported
    out.mkdir(exist_ok=True)
    network = open_network(folder.fitted, prepared.side)
    validating = prepared.of(Split.VALIDATION)
    labels = prepared.labels[validating]
    crops = prepared.crops(folder, validating)
    samples = prepared.crops(folder, prepared.of(Split.TRAIN))
    with warnings.catch_warnings():
        # TensorFlow's converter warns of calls that are its own.
        warnings.simplefilter("ignore")
        choice = choose_file(network, samples, crops, labels, out, half=False)
    files = ExportedFiles(
        litert=out / "classifier.float.tflite",
        int8=out / "classifier.int8.tflite",
        onnx=out / "classifier.onnx",
    )
    write_onnx(network, files.onnx)
    found = check_exports(network, files, np.concatenate([crops, samples]))
    paths = _paths(folder, files)
    if choice.file != files.int8 and not is_int8_usable(found):
        del paths[VersionFileKind.LITERT_INT8]
    card = {
        "name": name,
        "labels": [label.value for label in Label],
        "classifier": _entry(choice.file),
        "correction": _entry(paths[VersionFileKind.CORRECTION]),
        "weights": _entry(paths[VersionFileKind.KERAS]),
        "input": {"side": prepared.side, "context": CONTEXT, "colours": "RGB", "range": [0, 255]},
        "temperature": best_temperature(choice.logits, labels),
        "export": {"kind": choice.kind, **_told(found)},
        **details,
    }
    return Exported(paths=paths, card=card)


def _paths(folder: TrainingFolder, files: ExportedFiles) -> dict[VersionFileKind, Path]:
    """The box correction belongs to the detector: a version carries the one its crops were cut with."""
    champion = read_card(CHAMPION)
    correction = folder.exported / _CORRECTION
    shutil.copyfile(champion.path(champion.correction), correction)
    weights = folder.exported / "weights.npz"
    shutil.copyfile(folder.fitted, weights)
    return {
        VersionFileKind.KERAS: weights,
        VersionFileKind.LITERT: files.litert,
        VersionFileKind.LITERT_INT8: files.int8,
        VersionFileKind.ONNX: files.onnx,
        VersionFileKind.CORRECTION: correction,
    }


def _told(found: Agreement) -> dict[str, Any]:
    bounds = {"litert": LITERT_BOUND, "onnx": ONNX_BOUND}
    return {**asdict(found), "largest_difference_allowed": bounds}


def _entry(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
