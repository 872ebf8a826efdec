"""`python -m core.dedup.fit_whitening FOLDER...` writes `whitening.npz` anew from any photos, without labels.

Needed when the classifier that comes with Maskloop changes.
"""

import argparse
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dedup.embedding import FILE, NUMBERS, PhotoEmbedder, Whitening, without_bars
from core.detection.decode import decode_photo

#: Photos that the file is made from.
_PHOTOS = 4_000
#: Weak directions are not made as strong as the others: they hold noise.
_FLOOR = 0.02
_ENDINGS = (".jpg", ".jpeg", ".png")


def fit_whitening(seen: NDArray[np.float32]) -> Whitening:
    """From what a backbone saw of many pictures, (n, c)."""
    mean = seen.mean(axis=0)
    _, strengths, directions = np.linalg.svd(seen - mean, full_matrices=False)
    matrix = directions[:NUMBERS].T / (strengths[:NUMBERS] + strengths[0] * _FLOOR)
    return Whitening(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))


def main() -> int:
    """Look at photos of the folders and write the file."""
    parser = argparse.ArgumentParser(prog="python -m core.dedup.fit_whitening", description=__doc__)
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
