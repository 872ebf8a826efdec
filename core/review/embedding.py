"""Faces as vectors: what the classifier's network sees before it decides."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.detection.backbone import Backbone
from core.detection.crop import cut
from core.detection.face import Box
from core.detection.photo import DecodedPhoto


class FaceEmbedder:
    """The classifier that comes with Maskloop, cut off before its last layer; not thread-safe."""

    def __init__(self) -> None:
        self._backbone = Backbone()
        #: Of the classifier's file: whose vectors they are.
        self.sha256 = self._backbone.sha256
        self._features = self._backbone.vector()

    def embed(self, photo: DecodedPhoto, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Feature vectors float32 (n, d) of faces, whose boxes are in pixels of the full-size photo."""
        corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4)
        side, context = self._backbone.side, self._backbone.context
        crops = cut(photo.rgb, corners * photo.scale, side=side, context=context)
        return np.stack([self._embed(crop) for crop in crops])

    def _embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._backbone.look(crop)
        return self._backbone.read(self._features)
