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
#: Length of an embedding.
NUMBERS = 192
#: In the middle of the backbone: later layers respond to masks, earlier ones to edges.
_LAYER = "block_13_expand"
#: Every picture is resized to this side, so that a small copy is as sharp as a large one.
_SIDE = 64
#: A JPEG is decoded to this shorter side: enough even if half of it is bars.
_DECODED_SIDE = 128
#: Error of the share of bars, which is measured in the reduced decode.
_BAR_ERROR = 0.02
#: Rows and columns are bars if their pixels differ by at most this in each colour.
_PLAIN = 24
#: Borders are not cropped if less than this share would remain.
_LEAST_LEFT = 0.4


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """Mean float32 (c,) and matrix float32 (c, 192), after which all directions have similar variance."""

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.int8]:
        """Embedding int8 (192,) of features (c,); only its direction is meaningful."""
        white = (features - self.mean) @ self.matrix
        return np.round(white / max(float(np.abs(white).max()), 1e-9) * 127).astype(np.int8)


@cache
def load_whitening() -> Whitening:
    """The whitening that ships with Maskloop."""
    with np.load(FILE, allow_pickle=False) as arrays:
        return Whitening(mean=arrays["mean"].astype(np.float32), matrix=arrays["matrix"].astype(np.float32))


@cache
def network_key() -> str:
    """Key of classifier and whitening; embeddings with different keys cannot be compared."""
    classifier = read_card(CHAMPION).classifier.sha256
    return hashlib.sha256(classifier.encode() + FILE.read_bytes()).hexdigest()[:32]


class PhotoEmbedder:
    """Embeds whole photos with the classifier's backbone; not thread-safe."""

    def __init__(self) -> None:
        self._backbone = Backbone()
        self._map = self._backbone.feature_map(_LAYER)

    def embed(self, data: bytes, *, short_side: int) -> Embedding:
        """Embedding of a photo's file; `short_side` is the photo's shorter side in pixels.

        Raises InputError as `decode_photo` does.
        """
        rgb = decode_photo(data, min_scale=min(1.0, _DECODED_SIDE / short_side)).rgb
        if is_plain(rgb):
            return Embedding(vector=None)
        inner = crop_bars(rgb)
        picture = 1.0 if inner.shape == rgb.shape else inner.size / rgb.size - _BAR_ERROR
        return Embedding(vector=load_whitening().apply(self.features(inner)).tobytes(), picture=picture)

    def features(self, inner: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features float32 (channels,) of uint8 (h, w, 3) RGB without bars, equal for a mirrored picture."""
        method = cv2.INTER_AREA if min(inner.shape[:2]) > _SIDE else cv2.INTER_LINEAR
        small = cv2.cvtColor(cv2.resize(inner, (_SIDE, _SIDE), interpolation=method), cv2.COLOR_RGB2GRAY)
        side = self._backbone.side
        large = np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
        crop = large[..., None].repeat(3, axis=2)
        mean = np.mean([self._mean_of(crop), self._mean_of(crop[:, ::-1])], axis=0)
        return np.asarray(np.sqrt(np.maximum(mean, 0)), np.float32)

    def _mean_of(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._backbone.run(crop)
        return np.asarray(self._backbone.read(self._map).mean(axis=(0, 1)), np.float32)


def crop_bars(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop bars of one colour, as of letterboxing, from the borders of uint8 (h, w, 3)."""
    rows, columns = (_span(rgb.max(axis=axis) - rgb.min(axis=axis)) for axis in (1, 0))
    return rgb[rows, columns]


def is_plain(rgb: NDArray[np.uint8]) -> bool:
    """Whether uint8 (h, w, 3) has one colour only, so that its embedding is useless."""
    return bool((rgb.max(axis=(0, 1)) - rgb.min(axis=(0, 1))).max() <= _PLAIN)


def _span(ranges: NDArray[np.uint8]) -> slice:
    """From the first to the last row that is not plain; `ranges` (n, 3) are maximum minus minimum per row."""
    detailed = np.flatnonzero(ranges.max(axis=1) > _PLAIN)
    if len(detailed) < _LEAST_LEFT * len(ranges):
        return slice(None)
    return slice(int(detailed[0]), int(detailed[-1]) + 1)
