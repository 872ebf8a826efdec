"""Whether the exported files say of real faces what the fitted network says."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.errors import PermanentError
from core.training.fine_tune import predict_logits
from core.training.network.export import exported_logits

#: Largest difference of any probability from the network's, over all faces that are looked at. Both formats
#: keep weights of 32 bits; LiteRT folds layers into each other, which rounds a little.
LITERT_BOUND = 0.005
ONNX_BOUND = 0.001
#: An 8-bit file that answers otherwise on more of the faces is not handed out.
INT8_BOUND = 0.05
#: Faces that are looked at.
MOST_FACES = 256


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What was found, as the card tells it."""

    faces: int
    litert_difference: float
    onnx_difference: float
    #: Share of the faces on which the 8-bit file gives the network's answer.
    int8_agreement: float


@dataclass(frozen=True, kw_only=True)
class ExportedFiles:
    """The three files that predict."""

    litert: Path
    int8: Path
    onnx: Path


def check_exports(network: keras.Model, files: ExportedFiles, crops: NDArray[np.uint8]) -> Agreement:
    """Compare on crops uint8 (n, side, side, 3) of real faces; PermanentError export_differs."""
    crops = crops[:MOST_FACES]
    own = softmax(predict_logits(network, crops), 1.0)
    small = exported_logits(files.int8, crops).argmax(axis=1)
    found = Agreement(
        faces=len(crops),
        litert_difference=_difference(own, exported_logits(files.litert, crops)),
        onnx_difference=_difference(own, _onnx_logits(files.onnx, crops)),
        int8_agreement=round(float((small == own.argmax(axis=1)).mean()), 4),
    )
    _refuse("LiteRT", found.litert_difference, LITERT_BOUND)
    _refuse("ONNX", found.onnx_difference, ONNX_BOUND)
    return found


def is_int8_usable(found: Agreement) -> bool:
    """Whether the 8-bit file is close enough to be handed out."""
    return found.int8_agreement >= 1 - INT8_BOUND


def _refuse(name: str, difference: float, bound: float) -> None:
    # Written so that a difference that is not a number is refused too.
    if not difference <= bound:
        raise PermanentError(
            "export_differs",
            f"The {name} file differs from the network by {difference:.3f} in a probability; {bound:g} is "
            "allowed. The version is not registered.",
        )


def _difference(own: NDArray[np.float32], logits: NDArray[np.float32]) -> float:
    return round(float(np.abs(own - softmax(logits, 1.0)).max()), 6)


def _onnx_logits(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    parts = [
        session.run(["logits"], {"crops": crops[start : start + 32].astype(np.float32)})[0]
        for start in range(0, len(crops), 32)
    ]
    return np.concatenate(parts)
