"""Whitening: turns the backbone's features into 192 numbers that tell pictures apart."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card

FILE = Path(__file__).parent / "whitening.npz"
#: Numbers a photo.
NUMBERS = 192


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
