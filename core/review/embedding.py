"""Faces as vectors: what the classifier's network sees before it decides."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card
from core.detection.crop import cut
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.detection.quiet import quiet_standard_error


class FaceEmbedder:
    """The classifier that comes with Maskloop, cut off before its last layer; not thread-safe."""

    def __init__(self) -> None:
        card = read_card(CHAMPION)
        self._side, self._context = card.side, card.context
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
        self._features = self._last_vector()

    def embed(self, photo: DecodedPhoto, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Feature vectors float32 (n, d) of faces, whose boxes are in pixels of the full-size photo."""
        corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4)
        crops = cut(photo.rgb, corners * photo.scale, side=self._side, context=self._context)
        return np.stack([self._embed(crop) for crop in crops])

    def _embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, crop[None].astype(np.float32))
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._features["index"])[0]
        scale, zero = self._features["quantization"]
        # Of a quantized network the tensor holds integers; an unquantized one says a scale of 0.
        return (raw.astype(np.float32) - zero) * np.float32(scale or 1)

    def _last_vector(self) -> dict[str, Any]:
        """The pooled features: the last flat tensor that is wider than the answer."""
        labels = self._interpreter.get_output_details()[0]["shape"][1]
        flat = [
            tensor
            for tensor in self._interpreter.get_tensor_details()
            if len(tensor["shape"]) == 2 and tensor["shape"][0] == 1 and tensor["shape"][1] > labels
        ]
        return max(flat, key=lambda tensor: int(tensor["index"]))
