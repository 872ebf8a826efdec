"""Run the classifier: crops to label probabilities, and to the features behind them."""

import warnings
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.card import CHAMPION, Card, read_card
from core.detection.crop import cut
from core.detection.network import load_network, quiet_standard_error
from core.errors import PermanentError
from models.label import Label

#: Crops in memory at a time. The network gets them one by one: a batch is no faster on a CPU, and LiteRT
#: plans its memory anew, for half a millisecond, whenever the number of crops changes.
AT_ONCE = 16
#: A tensor of the network, as LiteRT describes it.
Tensor = dict[str, Any]


class MaskClassifier:
    """One loaded network; not thread-safe, as LiteRT interpreters are not."""

    def __init__(self, card: Card, *, threads: int = 1) -> None:
        self._side, self._temperature = card.side, card.temperature
        self._context, self._down = card.context, card.down
        self._columns = [list(Label).index(label) for label in card.labels]
        self._network = load_network(card.path(card.classifier), card.runtime, threads=threads)

    def probabilities(self, rgb: NDArray[np.uint8], boxes: NDArray[np.floating]) -> NDArray[np.float32]:
        """Calibrated probabilities float32 (n, 4), in the order of `Label`, of faces in uint8 (h, w, 3) RGB.

        `boxes` are (n, 4) corners in pixels of `rgb`. NaN stands for a label that is not predicted.
        """
        chunks = [boxes[start : start + AT_ONCE] for start in range(0, len(boxes), AT_ONCE)]
        crops = (cut(rgb, chunk, side=self._side, context=self._context, down=self._down) for chunk in chunks)
        return self._spread([self._logits(chunk) for chunk in crops])

    def of_crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same of crops that are cut already, uint8 (n, side, side, 3) RGB."""
        return self._spread([self._logits(crops)])

    def _logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (n, k) of crops uint8 (n, side, side, 3) RGB."""
        return np.concatenate([self._network.logits(crop) for crop in crops])

    def _spread(self, logits: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Probabilities in the columns of their labels."""
        found = np.concatenate([np.empty((0, len(self._columns)), np.float32), *logits])
        spread = np.full((len(found), len(Label)), np.nan, np.float32)
        spread[:, self._columns] = softmax(found, self._temperature)
        return spread


def softmax(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float32]:
    """Probabilities float32 (n, k) of logits (n, k); a temperature above 1 makes them less certain."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


class Backbone:
    """The classifier that ships with Maskloop, with all its intermediate tensors readable.

    Takes one crop at a time. Not thread-safe, as LiteRT interpreters are not.
    """

    def __init__(self) -> None:
        card = read_card(CHAMPION)
        #: Side of the crop in pixels; of the square it is cut from, and how far that is below the box, in
        #: face sizes.
        self.side, self.context, self.down = card.side, card.context, card.down
        #: SHA-256 of the classifier's file; features of different files cannot be compared.
        self.sha256 = card.classifier.sha256
        with warnings.catch_warnings(), quiet_standard_error():
            # LiteRT warns about the memory of preserved tensors: 12 MB here, for one crop.
            warnings.simplefilter("ignore")
            self._interpreter = Interpreter(
                model_path=str(card.path(card.classifier)),
                num_threads=1,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]

    def run(self, crop: NDArray[np.uint8]) -> None:
        """Run the network on a crop, uint8 (side, side, 3) RGB; `read` then gives its tensors."""
        self._interpreter.set_tensor(self._input, crop[None].astype(np.float32))
        self._interpreter.invoke()

    def pooled_features(self) -> Tensor:
        """The last flat tensor that is wider than the output."""
        labels = self._interpreter.get_output_details()[0]["shape"][1]
        flat = [
            tensor
            for tensor in self._interpreter.get_tensor_details()
            if len(tensor["shape"]) == 2 and tensor["shape"][0] == 1 and tensor["shape"][1] > labels
        ]
        return max(flat, key=lambda tensor: int(tensor["index"]))

    def feature_map(self, layer: str) -> Tensor:
        """The feature map (1, h, w, channels) of a layer. Raises PermanentError classifier_layer."""
        for tensor in self._interpreter.get_tensor_details():
            shape = tensor["shape"]
            if layer in tensor["name"] and len(shape) == 4 and shape[0] == 1 and shape[1] > 1:
                return dict(tensor)
        raise PermanentError("classifier_layer", f"The classifier has no layer {layer}.")

    def read(self, tensor: Tensor) -> NDArray[np.float32]:
        """Values of a tensor after the last `run`, without the batch axis."""
        raw = self._interpreter.get_tensor(tensor["index"])[0]
        scale, zero = tensor["quantization"]
        # A quantized network's tensor holds integers; an unquantized one has a scale of 0.
        return (raw.astype(np.float32) - zero) * np.float32(scale or 1)
