"""`python -m core.dedup.fit_whitening FOLDER...` fits `whitening.npz` to any photos; no labels are needed.

Run it when the classifier that ships with Maskloop changes.
"""

import argparse
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dedup.embedding import FILE, NUMBERS, PhotoEmbedder, Whitening, crop_bars
from core.detection.decode import decode_photo

#: Number of photos to fit to.
_PHOTOS = 4_000
#: Limits the amplification of weak directions, which are mostly noise.
_FLOOR = 0.02
_ENDINGS = (".jpg", ".jpeg", ".png")


def fit_whitening(features: NDArray[np.float32]) -> Whitening:
    """Fit a whitening to the features (n, c) of many pictures."""
    mean = features.mean(axis=0)
    _, strengths, directions = np.linalg.svd(features - mean, full_matrices=False)
    matrix = directions[:NUMBERS].T / (strengths[:NUMBERS] + strengths[0] * _FLOOR)
    return Whitening(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))


def main() -> int:
    """Fit the whitening to photos of the folders and write the file."""
    parser = argparse.ArgumentParser(prog="python -m core.dedup.fit_whitening", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="folders with photos of many kinds")
    folders = parser.parse_args().folders
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS
    )
    chosen = random.Random(1).sample(paths, min(_PHOTOS, len(paths)))
    embedder = PhotoEmbedder()
    pictures = (crop_bars(decode_photo(path.read_bytes()).rgb) for path in chosen)
    fitted = fit_whitening(np.stack([embedder.features(picture) for picture in pictures]))
    matrix = fitted.matrix / np.abs(fitted.matrix).max()
    np.savez(FILE, mean=fitted.mean.astype(np.float16), matrix=matrix.astype(np.float16))
    print(f"{FILE}: fitted to {len(chosen):,} photos, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
