"""Which LiteRT file is shipped: the 8-bit one where it loses nothing that counts, else the float one."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.training.network.calibration import best_temperature, mean_log_loss
from core.training.network.export import export_float, export_int8, exported_logits

#: What the 8-bit file may lose on validation crops: log-loss, and answers that differ from the float file's.
ALLOWED_LOSS = 0.01
ALLOWED_DISAGREEMENT = 0.02
#: The 16-bit file must give the network's own probabilities, to this.
ALLOWED_DRIFT = 0.05


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The chosen file, its logits (n, 4) on the validation crops, and how often both files agree there."""

    file: Path
    kind: str
    logits: NDArray[np.float32]
    agreement: float


def choose_file(
    network: keras.Model,
    samples: NDArray[np.uint8],
    crops: NDArray[np.uint8],
    labels: NDArray[np.int64],
    out: Path,
    *,
    half: bool = True,
) -> Choice:
    """Export both, hold them against each other on validation crops (n, side, side, 3), choose one.

    The floating-point file has weights of 16 bits, or of 32 where `half` is false.
    """
    exact, small = out / "classifier.float.tflite", out / "classifier.int8.tflite"
    export_float(network, exact, half=half)
    export_int8(network, samples, small)
    of_exact, of_small = exported_logits(exact, crops), exported_logits(small, crops)
    check_export(network, crops[:64], of_exact[:64])
    agreement = float((of_exact.argmax(axis=1) == of_small.argmax(axis=1)).mean())
    losses = [
        mean_log_loss(logits, labels, best_temperature(logits, labels)) for logits in (of_exact, of_small)
    ]
    good = losses[1] - losses[0] <= ALLOWED_LOSS and agreement >= 1 - ALLOWED_DISAGREEMENT
    return Choice(
        file=small if good else exact,
        kind="int8" if good else "float16" if half else "float32",
        logits=of_small if good else of_exact,
        agreement=round(agreement, 4),
    )


def check_export(network: keras.Model, crops: NDArray[np.uint8], logits: NDArray[np.float32]) -> None:
    """RuntimeError when the exported file does not compute what the network does."""
    own = network.predict(crops.astype(np.float32), verbose=0)
    drift = float(np.abs(softmax(own, 1.0) - softmax(logits, 1.0)).max())
    if drift > ALLOWED_DRIFT:
        raise RuntimeError(f"the export's probabilities differ from the network's by {drift:.3f}")
