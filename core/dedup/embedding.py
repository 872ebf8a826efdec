"""A photo as numbers: what the classifier's backbone sees of the whole picture without its bars."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.dedup.bars import is_plain, without_bars
from core.dedup.whitening import load_whitening
from core.detection.classifier import Backbone
from core.detection.decode import decode_photo
from core.library.fingerprints.photo_hashes import Embedding

#: In the middle of the backbone: what comes later knows masks, what comes before knows edges.
_LAYER = "block_13_expand"
#: Every picture is seen at this many pixels a side, so that a small copy is as blurred as a large one.
_SIDE = 64
#: Pixels of the shorter side that are decoded: enough though half of them are bars.
_DECODED_SIDE = 128
#: By how much the share of the bars may be wrong, which are measured in the reduced decode.
_BAR_BLUR = 0.02


class PhotoEmbedder:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._backbone = Backbone()
        self._map = self._backbone.feature_map(_LAYER)

    def embed(self, data: bytes, *, short_side: int) -> Embedding:
        """Of a file whose shorter side has so many pixels. Raises InputError as `decode_photo` does."""
        rgb = decode_photo(data, min_scale=min(1.0, _DECODED_SIDE / short_side)).rgb
        if is_plain(rgb):
            return Embedding(vector=None)
        inner = without_bars(rgb)
        picture = 1.0 if inner.shape == rgb.shape else inner.size / rgb.size - _BAR_BLUR
        return Embedding(vector=load_whitening().apply(self.see(inner)).tobytes(), picture=picture)

    def see(self, inner: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the backbone sees of uint8 (h, w, 3) without bars, float32 (channels,); mirrored, the same."""
        method = cv2.INTER_AREA if min(inner.shape[:2]) > _SIDE else cv2.INTER_LINEAR
        small = cv2.cvtColor(cv2.resize(inner, (_SIDE, _SIDE), interpolation=method), cv2.COLOR_RGB2GRAY)
        side = self._backbone.side
        large = np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
        crop = large[..., None].repeat(3, axis=2)
        seen = np.mean([self._mean_of(crop), self._mean_of(crop[:, ::-1])], axis=0)
        return np.asarray(np.sqrt(np.maximum(seen, 0)), np.float32)

    def _mean_of(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._backbone.run(crop)
        return np.asarray(self._backbone.read(self._map).mean(axis=(0, 1)), np.float32)
