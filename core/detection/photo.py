"""A decoded photo: the pixels that detection looks at, and how they relate to the file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class DecodedPhoto:
    """Upright pixels of one photo.

    `rgb` is uint8, shape (h, w, 3), RGB. It may be smaller than the photo itself (reduced-scale decode);
    `width` and `height` are those of the upright full-size photo, the frame in which all boxes are given.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int
    #: As the decoder names it, upper case: JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIF, AVIF.
    format: str
    #: Frames in the file; more than one means that only the first was read.
    frames: int = 1

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be uint8 (h, w, 3), not {self.rgb.dtype} {self.rgb.shape}")
        if self.width < 1 or self.height < 1 or self.frames < 1:
            raise ValueError("width, height and frames are at least 1")

    @property
    def scale(self) -> float:
        """Pixels of `rgb` per pixel of the full-size photo, 1.0 or less."""
        return float(self.rgb.shape[1] / self.width)
