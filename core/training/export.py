"""Export a fitted network as the files of a version, check that they agree with it, and write the card."""

import hashlib
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.detection.crop import crop_entry
from core.errors import PermanentError
from core.training.backbone import open_network
from core.training.converting.keras_to_onnx import write_onnx
from core.training.fine_tune import predict_logits
from core.training.folder import Prepared, TrainingFolder
from core.training.formats import save_keras
from core.training.metrics import best_temperature
from core.training.network.litert_file import choose_file, exported_logits
from models.label import Label
from models.split import Split
from models.version_file import VersionFileKind

#: Largest difference of any probability from the network's, over all faces that are compared. Both formats
#: keep weights of 32 bits; LiteRT folds layers into each other, which rounds a little.
LITERT_BOUND = 0.005
ONNX_BOUND = 0.001
#: An 8-bit file that gives another label on more than this share of the faces is left out.
INT8_BOUND = 0.05
#: Faces that are compared.
MAX_FACES = 256
_KERAS = "classifier.keras"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Files by kind, and the card that describes them."""

    paths: dict[VersionFileKind, Path]
    card: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far the files agree with the network, as the card shows it."""

    faces: int
    litert_difference: float
    onnx_difference: float
    #: Share of the faces on which the 8-bit file gives the network's label.
    int8_agreement: float

    @property
    def is_int8_usable(self) -> bool:
        """Whether the 8-bit file is close enough to be part of the version."""
        return self.int8_agreement >= 1 - INT8_BOUND


@dataclass(frozen=True, kw_only=True)
class ExportedFiles:
    """The three files that other programs, and prediction here, can run."""

    litert: Path
    int8: Path
    onnx: Path


def export(prepared: Prepared, folder: TrainingFolder, *, name: str, details: dict[str, Any]) -> Exported:
    """Write Keras arrays and model, LiteRT float and int8, and ONNX; raises PermanentError export_differs.

    `details` are further entries of the card. The network is loaded from its own float16 arrays, so that the
    files agree with what a later training starts from.
    """
    out = folder.exported
    out.mkdir(exist_ok=True)
    network = open_network(folder.fitted, prepared.side)
    validation = prepared.indices(Split.VALIDATION)
    labels = prepared.labels[validation]
    crops = prepared.read_crops(folder, validation)
    samples = prepared.read_crops(folder, prepared.indices(Split.TRAIN))
    with warnings.catch_warnings():
        # TensorFlow's converter warns about its own calls.
        warnings.simplefilter("ignore")
        choice = choose_file(network, samples, crops, labels, out, half=False)
    files = ExportedFiles(
        litert=out / "classifier.float.tflite",
        int8=out / "classifier.int8.tflite",
        onnx=out / "classifier.onnx",
    )
    write_onnx(network, files.onnx)
    save_keras(network, out / _KERAS)
    agreement = check_exports(network, files, np.concatenate([crops, samples]))
    paths = _copy_files(folder, files)
    if choice.file != files.int8 and not agreement.is_int8_usable:
        del paths[VersionFileKind.LITERT_INT8]
    card = {
        "name": name,
        "labels": [label.value for label in Label],
        "classifier": _entry(choice.file),
        "weights": _entry(paths[VersionFileKind.KERAS]),
        "input": crop_entry(prepared.side),
        "temperature": best_temperature(choice.logits, labels),
        "export": {"kind": choice.kind, **_agreement_entry(agreement)},
        **details,
    }
    return Exported(paths=paths, card=card)


def check_exports(network: keras.Model, files: ExportedFiles, crops: NDArray[np.uint8]) -> Agreement:
    """Compare on crops uint8 (n, side, side, 3) of real faces; raises PermanentError export_differs."""
    crops = crops[:MAX_FACES]
    expected = softmax(predict_logits(network, crops), 1.0)
    int8_labels = exported_logits(files.int8, crops).argmax(axis=1)
    agreement = Agreement(
        faces=len(crops),
        litert_difference=_difference(expected, exported_logits(files.litert, crops)),
        onnx_difference=_difference(expected, _onnx_logits(files.onnx, crops)),
        int8_agreement=round(float((int8_labels == expected.argmax(axis=1)).mean()), 4),
    )
    _check_difference("LiteRT", agreement.litert_difference, LITERT_BOUND)
    _check_difference("ONNX", agreement.onnx_difference, ONNX_BOUND)
    return agreement


def _copy_files(folder: TrainingFolder, files: ExportedFiles) -> dict[VersionFileKind, Path]:
    """The version's files."""
    weights = folder.exported / "weights.npz"
    shutil.copyfile(folder.fitted, weights)
    return {
        VersionFileKind.KERAS: weights,
        VersionFileKind.KERAS_MODEL: folder.exported / _KERAS,
        VersionFileKind.LITERT: files.litert,
        VersionFileKind.LITERT_INT8: files.int8,
        VersionFileKind.ONNX: files.onnx,
    }


def _agreement_entry(agreement: Agreement) -> dict[str, Any]:
    bounds = {"litert": LITERT_BOUND, "onnx": ONNX_BOUND}
    return {**asdict(agreement), "largest_difference_allowed": bounds}


def _entry(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _check_difference(name: str, difference: float, bound: float) -> None:
    # `not <=` so that NaN fails too.
    if not difference <= bound:
        raise PermanentError(
            "export_differs",
            f"The {name} file differs from the network by {difference:.3f} in a probability; {bound:g} is "
            "allowed. The version is not registered.",
        )


def _difference(expected: NDArray[np.float32], logits: NDArray[np.float32]) -> float:
    return round(float(np.abs(expected - softmax(logits, 1.0)).max()), 6)


def _onnx_logits(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    parts = [
        session.run(["logits"], {"crops": crops[start : start + 32].astype(np.float32)})[0]
        for start in range(0, len(crops), 32)
    ]
    return np.concatenate(parts)
