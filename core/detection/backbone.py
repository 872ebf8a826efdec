"""The network of the classifier that comes with Maskloop, with all that it sees on the way to its answer."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card
from core.errors import PermanentError

#: A tensor of the network, as LiteRT tells of it.
Tensor = dict[str, Any]


@contextmanager
def quiet_standard_error() -> Iterator[None]:
    """Send file descriptor 2 of the whole process nowhere; for moments, since other threads share it."""
    kept = os.dup(2)
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class Backbone:
    """One loaded network for one crop at a time; not thread-safe, as LiteRT interpreters are not."""

    def __init__(self) -> None:
        card = read_card(CHAMPION)
        #: Side of the crop in pixels, and of the square it is cut from in face sizes.
        self.side, self.context = card.side, card.context
        #: Of the classifier's file: whose vectors they are.
        self.sha256 = card.classifier.sha256
        with warnings.catch_warnings(), quiet_standard_error():
            # It warns of the memory that kept tensors take: 12 MB here, for one crop at a time.
            warnings.simplefilter("ignore")
            self._interpreter = Interpreter(
                model_path=str(card.path(card.classifier)),
                num_threads=1,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]

    def look(self, crop: NDArray[np.uint8]) -> None:
        """Have a crop uint8 (side, side, 3) RGB seen."""
        self._interpreter.set_tensor(self._input, crop[None].astype(np.float32))
        self._interpreter.invoke()

    def vector(self) -> Tensor:
        """The pooled features: the last flat tensor that is wider than the answer."""
        labels = self._interpreter.get_output_details()[0]["shape"][1]
        flat = [
            tensor
            for tensor in self._interpreter.get_tensor_details()
            if len(tensor["shape"]) == 2 and tensor["shape"][0] == 1 and tensor["shape"][1] > labels
        ]
        return max(flat, key=lambda tensor: int(tensor["index"]))

    def map(self, layer: str) -> Tensor:
        """The feature map (1, h, w, channels) that a layer gives; PermanentError classifier_layer."""
        for tensor in self._interpreter.get_tensor_details():
            shape = tensor["shape"]
            if layer in tensor["name"] and len(shape) == 4 and shape[0] == 1 and shape[1] > 1:
                return dict(tensor)
        raise PermanentError("classifier_layer", f"The classifier has no layer {layer}.")

    def read(self, tensor: Tensor) -> NDArray[np.float32]:
        """What a tensor holds since the last `look`, without its first axis."""
        raw = self._interpreter.get_tensor(tensor["index"])[0]
        scale, zero = tensor["quantization"]
        # Of a quantized network the tensor holds integers; an unquantized one says a scale of 0.
        return (raw.astype(np.float32) - zero) * np.float32(scale or 1)
