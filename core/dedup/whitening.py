"""How what a backbone sees becomes 192 numbers that tell pictures apart.

`python -m core.dedup.whitening FOLDER...` makes its file anew, which is needed when the classifier that comes
with Maskloop changes.
"""

import argparse
import hashlib
import random
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card

FILE = Path(__file__).parent / "whitening.npz"
#: Numbers a photo.
NUMBERS = 192
#: Photos that the file is made from.
_PHOTOS = 4_000
#: Weak directions are not made as strong as the others: they hold noise.
_FLOOR = 0.02
_ENDINGS = (".jpg", ".jpeg", ".png")


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


def fit_whitening(seen: NDArray[np.float32]) -> Whitening:
    """From what a backbone saw of many pictures, (n, c)."""
    mean = seen.mean(axis=0)
    _, strengths, directions = np.linalg.svd(seen - mean, full_matrices=False)
    matrix = directions[:NUMBERS].T / (strengths[:NUMBERS] + strengths[0] * _FLOOR)
    return Whitening(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))


def main() -> int:
    """Look at photos of the folders and write the file."""
    from core.dedup.bars import without_bars
    from core.dedup.embedding import PhotoEmbedder
    from core.detection.decode import decode_photo

    parser = argparse.ArgumentParser(prog="python -m core.dedup.whitening", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="folders with photos of many kinds")
    folders = parser.parse_args().folders
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS
    )
    chosen = random.Random(1).sample(paths, min(_PHOTOS, len(paths)))
    embedder = PhotoEmbedder()
    pictures = (without_bars(decode_photo(path.read_bytes()).rgb) for path in chosen)
    made = fit_whitening(np.stack([embedder.see(picture) for picture in pictures]))
    matrix = made.matrix / np.abs(made.matrix).max()
    np.savez(FILE, mean=made.mean.astype(np.float16), matrix=matrix.astype(np.float16))
    print(f"{FILE}: from {len(chosen):,} photos, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
