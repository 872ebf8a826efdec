"""Write the formats of a version that other programs run, and check that they agree with its network."""

import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

import core.samples
from core.detection.classifier import softmax
from core.errors import PermanentError
from core.training.converting.keras_to_onnx import write_onnx
from core.training.fine_tune import predict_logits
from core.training.importing.trial import trial_crops
from core.training.network.litert_file import export_float, exported_logits, freeze
from models.version_file import VersionFileKind

#: Largest difference of a probability from the network's; all formats keep weights of 32 bits.
BOUND = 0.001
#: Squares of the sample photo: left, upper, side in pixels. The first one is around the face.
_SQUARES = ((146, 60, 140), (180, 70, 100), (0, 0, 512), (60, 200, 300), (300, 0, 200), (0, 300, 180))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Crops uint8 (n, side, side, 3), and the probabilities (n, labels) that a file must give for them."""

    crops: NDArray[np.uint8]
    probabilities: NDArray[np.float32]

    def check(self, name: str, logits: NDArray[np.float32]) -> None:
        """Raise PermanentError export_differs."""
        difference = float(np.abs(self.probabilities - softmax(logits, 1.0)).max())
        # `not <=` so that NaN fails too.
        if not difference <= BOUND:
            raise PermanentError(
                "export_differs",
                f"The {name} file differs from the network by {difference:.4f} in a probability.",
            )


def compared_crops(side: int) -> NDArray[np.uint8]:
    """The crops that files are compared on: noise, ramps and colours, and squares of a photo."""
    path = Path(core.samples.__file__).parent / "astronaut.jpg"
    with Image.open(path) as photo:
        squares = [
            photo.convert("RGB").resize((side, side), box=(left, upper, left + size, upper + size))
            for left, upper, size in _SQUARES
        ]
    return np.concatenate([trial_crops(side), np.stack([np.asarray(each) for each in squares])])


def compare_with(network: keras.Model) -> Comparison:
    """What the network gives."""
    crops = compared_crops(network.input_shape[1])
    return Comparison(crops=crops, probabilities=softmax(predict_logits(network, crops), 1.0))


def save_keras(network: keras.Model, file: Path) -> None:
    """Write the network as a `.keras` file, which Keras reads in its safe mode."""
    with warnings.catch_warnings():
        # Keras asks NumPy for arrays in a way that NumPy is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        network.save(file)


def write_format(network: keras.Model, kind: VersionFileKind, out: Path, comparison: Comparison) -> Path:
    """Write one format; raises PermanentError export_differs, onnx_layer_unknown."""
    path = out / _NAMES[kind]
    _WRITERS[kind](network, path, comparison)
    return path


def write_formats(
    network: keras.Model, wanted: Collection[VersionFileKind], out: Path
) -> dict[VersionFileKind, Path]:
    """Write the formats that are wanted; raises as `write_format` does."""
    comparison = compare_with(network)
    return {kind: write_format(network, kind, out, comparison) for kind in wanted}


def _write_keras(network: keras.Model, path: Path, comparison: Comparison) -> None:
    save_keras(network, path)
    read = keras.saving.load_model(path, safe_mode=True, compile=False)
    comparison.check("Keras", predict_logits(read, comparison.crops))


def _write_onnx(network: keras.Model, path: Path, comparison: Comparison) -> None:
    write_onnx(network, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    crops = comparison.crops.astype(np.float32)
    comparison.check("ONNX", session.run(["logits"], {"crops": crops})[0])


def _write_litert(network: keras.Model, path: Path, comparison: Comparison) -> None:
    export_float(freeze(network), path, half=False)
    comparison.check("LiteRT", exported_logits(path, comparison.crops))


_NAMES = {
    VersionFileKind.KERAS_MODEL: "classifier.keras",
    VersionFileKind.LITERT: "classifier.tflite",
    VersionFileKind.ONNX: "classifier.onnx",
}
_WRITERS: dict[VersionFileKind, Callable[[keras.Model, Path, Comparison], None]] = {
    VersionFileKind.KERAS_MODEL: _write_keras,
    VersionFileKind.LITERT: _write_litert,
    VersionFileKind.ONNX: _write_onnx,
}
