"""Crops to label probabilities, on LiteRT."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.backbone import quiet_standard_error
from core.detection.card import Card
from core.detection.crop import cut
from core.errors import PermanentError
from models.label import Label

#: Crops that go through the network in one call; larger batches gain nothing on a CPU and hold memory.
BATCH = 16


class MaskClassifier:
    """One loaded network; not thread-safe, as LiteRT interpreters are not."""

    def __init__(self, card: Card, *, threads: int = 1) -> None:
        self._side, self._context, self._temperature = card.side, card.context, card.temperature
        self._interpreter = _load(card.path(card.classifier), threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._batch = 0

    def probabilities(self, rgb: NDArray[np.uint8], boxes: NDArray[np.floating]) -> NDArray[np.float32]:
        """Calibrated probabilities float32 (n, 4), in the order of `Label`, of faces in uint8 (h, w, 3) RGB.

        `boxes` are (n, 4) corners in pixels of `rgb`.
        """
        chunks = [boxes[start : start + BATCH] for start in range(0, len(boxes), BATCH)]
        crops = (cut(rgb, chunk, side=self._side, context=self._context) for chunk in chunks)
        logits = [self._logits(chunk) for chunk in crops]
        return softmax(np.concatenate([np.empty((0, len(Label)), np.float32), *logits]), self._temperature)

    def _logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(crops) != self._batch:
            self._interpreter.resize_tensor_input(self._input, [len(crops), *crops.shape[1:]])
            self._interpreter.allocate_tensors()
            self._batch = len(crops)
        self._interpreter.set_tensor(self._input, crops.astype(np.float32))
        self._interpreter.invoke()
        logits: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return logits


def softmax(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float32]:
    """Probabilities float32 (n, k) of logits (n, k), softened by a temperature above 1."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def _load(path: Path, threads: int) -> Interpreter:
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        # LiteRT announces its delegate here, in the middle of a progress bar.
        with quiet_standard_error():
            interpreter.allocate_tensors()
        return interpreter
    except (ValueError, RuntimeError) as error:
        raise PermanentError("classifier_unreadable", f"LiteRT does not read {path}: {error}.") from error
