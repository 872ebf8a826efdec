"""A decoded photo, and the limits that a photo's file must keep."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class PhotoLimits:
    """Limits above which `decode_photo` refuses a file.

    The default of 200 million pixels allows the largest phone photos (16,320 x 12,240). Decoding at full
    scale takes about 7 bytes a pixel. No JPEG has a longer side than 65,535 pixels: with one of millions, a
    line as thin as a pixel would take gigabytes to hash.
    """

    max_pixels: int = 200_000_000
    max_side: int = 65_535
    max_bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        if min(self.max_pixels, self.max_side, self.max_bytes) < 1:
            raise ValueError("max_pixels, max_side and max_bytes must be at least 1")


class PhotoNote(StrEnum):
    """What a reader of a photo's row should know of its file. Values are stored and keep their meaning."""

    #: A JPEG without end marker that has all of its pixels.
    END_MISSING = "end_missing"
    #: A PNG with a wrong checksum in a chunk that carries no pixels; the chunk is not read.
    CHUNK_DAMAGED = "chunk_damaged"
    #: Hardly a pixel is as bright as a quarter of white, as where 10 or 12 bits are stored in 16.
    DARK = "dark"

    @property
    def words(self) -> str:
        """As rows show it."""
        return _NOTE_WORDS[self]


_NOTE_WORDS = {
    PhotoNote.END_MISSING: "the end of the file is missing, the picture is complete",
    PhotoNote.CHUNK_DAMAGED: "a damaged part of the file that holds no pixels was left out",
    PhotoNote.DARK: "dark throughout: faces may be missed",
}


def note_words(frames: int, notes: Iterable[str]) -> str:
    """The remarks on a photo's row: its frames, and the words of stored notes; empty if there are none."""
    known = [_NOTE_WORDS[PhotoNote(note)] for note in notes]
    return "; ".join([f"first of {frames:,} frames"] * (frames > 1) + known)


@dataclass(frozen=True, kw_only=True)
class DecodedPhoto:
    """Upright pixels of one photo.

    `rgb` is uint8, shape (h, w, 3), RGB. It may be smaller than the photo itself (reduced-scale decode). That
    of a large turned photo is a view: OpenCV copies what it gets of it, so give it parts alone.
    `width` and `height` are those of the upright full-size photo; all boxes are in its pixels.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int
    #: As the decoder names it, upper case: JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIF, AVIF.
    format: str
    #: Frames in the file, of which only the first is decoded.
    frames: int = 1
    #: EXIF orientation of the stored pixels, 1 to 8, which decoding has undone.
    orientation: int = 1
    notes: tuple[PhotoNote, ...] = ()

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be uint8 (h, w, 3), not {self.rgb.dtype} {self.rgb.shape}")
        if self.width < 1 or self.height < 1 or self.frames < 1:
            raise ValueError("width, height and frames must be at least 1")

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the full-size photo before it was turned upright."""
        return (self.height, self.width) if 5 <= self.orientation <= 8 else (self.width, self.height)

    @property
    def scale(self) -> float:
        """Pixels of `rgb` per pixel of the full-size photo, 1.0 or less."""
        return float(self.rgb.shape[1] / self.width)
