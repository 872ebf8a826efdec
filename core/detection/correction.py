"""Correct the detector's boxes: people draw a face's box differently from YuNet.

A small network takes the detector's geometry alone (box, landmarks, score), so a corrected box belongs to the
detector and stays the same when the classifier changes.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.detection.yunet import BOX, LANDMARKS, SCALE, SCORE
from core.errors import PermanentError

FEATURES = 13
#: A side of the box moves by at most this share of the face's size.
LARGEST_SHIFT = 0.5


def geometry_features(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features float32 (n, 13) of candidate rows (n, 16); independent of the face's position."""
    boxes = rows[:, BOX]
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    size = np.sqrt(np.prod(sides, axis=1))
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    landmarks = (rows[:, LANDMARKS].reshape(-1, 5, 2) - centre[:, None]) / size[:, None, None]
    scalars = [np.log(sides[:, 0] / sides[:, 1]), np.log(size * rows[:, SCALE] / 32), rows[:, SCORE] - 0.7]
    return np.concatenate([landmarks.reshape(-1, 10), np.stack(scalars, axis=1)], axis=1)


@dataclass(frozen=True, kw_only=True)
class BoxCorrection:
    """Weights of a network with one hidden layer: (13, h), (h,), (h, 4), (4,), float32."""

    hidden_weights: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output_weights: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    def __post_init__(self) -> None:
        hidden = self.hidden_bias.shape[0]
        shapes = [self.hidden_weights.shape, self.output_weights.shape, self.output_bias.shape]
        if shapes != [(FEATURES, hidden), (hidden, 4), (4,)]:
            raise ValueError(f"the shapes of the correction's arrays do not match: {shapes}")

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Corrected boxes (n, 4) of candidate rows (n, 16), in the rows' pixels, not clipped."""
        hidden = np.tanh(geometry_features(rows) @ self.hidden_weights + self.hidden_bias)
        shift = LARGEST_SHIFT * np.tanh(hidden @ self.output_weights + self.output_bias)
        boxes = rows[:, BOX]
        size = np.sqrt(np.clip(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 0, None))
        corrected: NDArray[np.float32] = boxes + shift * size[:, None]
        return corrected


def load_correction(path: Path) -> BoxCorrection:
    """Read a correction's `.npz` file. Raises PermanentError correction_unreadable."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return BoxCorrection(**{name: arrays[name].astype(np.float32) for name in arrays.files})
    except (OSError, EOFError, ValueError, TypeError, BadZipFile) as error:
        raise PermanentError("correction_unreadable", f"{path.name} is missing or damaged.") from error


def save_correction(correction: BoxCorrection, path: Path) -> None:
    """Write the file that `load_correction` reads."""
    np.savez(path, **vars(correction))
