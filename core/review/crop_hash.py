"""The two hashes by which near-identical crops are found."""

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.detection.crop import cut

#: Side of the square that is hashed.
SIDE = 112


def hash_crop(rgb: NDArray[np.uint8], box: NDArray[np.floating]) -> tuple[int, int]:
    """Perceptual and difference hash of the face at `box` (4,) in `rgb` (h, w, 3), signed 64 bits each."""
    grey = Image.fromarray(cut(rgb, box[None], side=SIDE)[0]).convert("L")
    return _signed(imagehash.phash(grey)), _signed(imagehash.dhash(grey))


def _signed(value: imagehash.ImageHash) -> int:
    return int.from_bytes(int(str(value), 16).to_bytes(8, "big"), "big", signed=True)
