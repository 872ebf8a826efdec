"""Embed photos: 192 numbers of a photo from the classifier's backbone, for the search for similar photos."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card
from core.detection.classifier import Backbone
from core.detection.decode import decode_photo
from core.library.fingerprints.photo_hashes import Embedding

FILE = Path(__file__).parent / "whitening.npz"
#: Numbers a photo.
NUMBERS = 192
#: In the middle of the backbone: what comes later knows masks, what comes before knows edges.
_LAYER = "block_13_expand"
#: Every picture is seen at this many pixels a side, so that a small copy is as blurred as a large one.
_SIDE = 64
#: Pixels of the shorter side that are decoded: enough though half of them are bars.
_DECODED_SIDE = 128
#: By how much the share of the bars may be wrong, which are measured in the reduced decode.
_BAR_BLUR = 0.02
#: Rows and columns whose pixels differ by no more, in each colour, are bars.
_PLAIN = 24
#: A picture of which less would be left keeps its borders.
_LEAST_LEFT = 0.4


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """Mean float32 (c,), and a matrix float32 (c, 192) after which all directions vary about alike."""

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]

    def apply(self, seen: NDArray[np.float32]) -> NDArray[np.int8]:
        """int8 (192,) of what a backbone saw (c,); only its direction counts."""
        white = (seen - self.mean) @ self.matrix
        return np.round(white / max(float(np.abs(white).max()), 1e-9) * 127).astype(np.int8)


@cache
def load_whitening() -> Whitening:
    """What comes with Maskloop."""
    with np.load(FILE, allow_pickle=False) as arrays:
        return Whitening(mean=arrays["mean"].astype(np.float32), matrix=arrays["matrix"].astype(np.float32))


@cache
def network_key() -> str:
    """Of the classifier and the whitening: vectors of different keys cannot be compared."""
    classifier = read_card(CHAMPION).classifier.sha256
    return hashlib.sha256(classifier.encode() + FILE.read_bytes()).hexdigest()[:32]


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


def without_bars(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) without rows and columns of one colour at its borders."""
    rows, columns = (_span(rgb.max(axis=axis) - rgb.min(axis=axis)) for axis in (1, 0))
    return rgb[rows, columns]


def is_plain(rgb: NDArray[np.uint8]) -> bool:
    """Whether uint8 (h, w, 3) is a sheet of one colour, which looks like every other."""
    return bool((rgb.max(axis=(0, 1)) - rgb.min(axis=(0, 1))).max() <= _PLAIN)


def _span(ranges: NDArray[np.uint8]) -> slice:
    """From the first to the last row that is not plain; `ranges` (n, 3) says how far its pixels differ."""
    lively = np.flatnonzero(ranges.max(axis=1) > _PLAIN)
    if len(lively) < _LEAST_LEFT * len(ranges):
        return slice(None)
    return slice(int(lively[0]), int(lively[-1]) + 1)
