"""Write the formats of a version that other programs run, and check that they agree with its network."""

import warnings
from collections.abc import Collection
from pathlib import Path

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.errors import PermanentError
from core.training.fine_tune import predict_logits
from core.training.importing.trial import trial_crops
from core.training.network.onnx_file import write_onnx
from models.version_file import VersionFileKind

#: Largest difference of a probability from the network's; all formats keep weights of 32 bits.
BOUND = 0.001


def save_keras(network: keras.Model, file: Path) -> None:
    """Write the network as a `.keras` file, which Keras reads in its safe mode."""
    with warnings.catch_warnings():
        # Keras asks NumPy for arrays in a way that NumPy is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        network.save(file)


def write_formats(
    network: keras.Model, wanted: Collection[VersionFileKind], out: Path
) -> dict[VersionFileKind, Path]:
    """Write Keras and ONNX files, as far as they are wanted; raises PermanentError export_differs."""
    paths: dict[VersionFileKind, Path] = {}
    crops = trial_crops(network.input_shape[1])
    expected = softmax(predict_logits(network, crops), 1.0)
    if VersionFileKind.KERAS_MODEL in wanted:
        paths[VersionFileKind.KERAS_MODEL] = file = out / "classifier.keras"
        save_keras(network, file)
        read = keras.saving.load_model(file, safe_mode=True, compile=False)
        _check("Keras", expected, predict_logits(read, crops))
    if VersionFileKind.ONNX in wanted:
        paths[VersionFileKind.ONNX] = file = out / "classifier.onnx"
        write_onnx(network, file)
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        _check("ONNX", expected, session.run(["logits"], {"crops": crops.astype(np.float32)})[0])
    return paths


def _check(name: str, expected: NDArray[np.float32], logits: NDArray[np.float32]) -> None:
    difference = float(np.abs(expected - softmax(logits, 1.0)).max())
    # `not <=` so that NaN fails too.
    if not difference <= BOUND:
        raise PermanentError(
            "export_differs",
            f"The {name} file differs from the network by {difference:.4f} in a probability.",
        )
