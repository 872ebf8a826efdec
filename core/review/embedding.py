"""Faces as vectors: what the classifier's network sees before it decides."""

import warnings

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card
from core.detection.crop import cut
from core.detection.quiet import quiet_standard_error


class FaceEmbedder:
    """The classifier that comes with Maskloop, cut off before its last layer; not thread-safe."""

    def __init__(self) -> None:
        card = read_card(CHAMPION)
        self._side, self._context = card.side, card.context
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

    def embed(self, rgb: NDArray[np.uint8], box: NDArray[np.floating]) -> NDArray[np.float32]:
        """The feature vector float32 (d,) of the face at `box`, corners (4,) in pixels of `rgb` (h, w, 3)."""
        crop = cut(rgb, box[None], side=self._side, context=self._context)
        self._interpreter.set_tensor(self._input, crop.astype(np.float32))
        self._interpreter.invoke()
        features: NDArray[np.float32] = self._interpreter.get_tensor(self._features)[0]
        return features

    def _last_vector(self) -> int:
        """Index of the pooled features: the last flat tensor that is wider than the answer."""
        labels = self._interpreter.get_output_details()[0]["shape"][1]
        flat = [
            tensor["index"]
            for tensor in self._interpreter.get_tensor_details()
            if len(tensor["shape"]) == 2 and tensor["shape"][0] == 1 and tensor["shape"][1] > labels
        ]
        return max(flat)
