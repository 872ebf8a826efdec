"""Convert an image of any Pillow mode to upright 8-bit RGB."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Transparent parts become white, like an empty page in a browser.
BACKGROUND = 255
#: Rows converted at a time: `Image.tobytes` makes two copies, too much memory for a whole photo.
_BAND_ROWS = 256
_DEEP_MODES = frozenset(("I", "F", "I;16", "I;16B", "I;16L", "I;16N"))
_TURNS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FLIPS = {2: 1, 4: 0}


def rgb_of(image: Image.Image) -> NDArray[np.uint8]:
    """Pixels of a loaded image as uint8 (h, w, 3) RGB.

    Transparency is composited on white. 16-bit samples keep their high byte. 32-bit and float samples are
    stretched from their minimum to their maximum, except floats within 0 to 1 and integers up to 65,535.
    Colour profiles are ignored, also for CMYK.
    Raises ValueError on a mode that Pillow cannot convert.
    """
    if image.mode in _DEEP_MODES:
        return _rgb_of_deep(image)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _BAND_ROWS):
        band = image.crop((0, top, image.width, min(top + _BAND_ROWS, image.height)))
        rgb[top : top + _BAND_ROWS] = _rgb_of_band(band)
    return rgb


def _rgb_of_band(band: Image.Image) -> NDArray[np.uint8]:
    if not band.has_transparency_data:
        return np.asarray(band.convert("RGB"))
    rgba = np.asarray(band.convert("RGBA")).astype(np.uint16)
    alpha = rgba[..., 3:]
    mixed: NDArray[np.uint16] = (rgba[..., :3] * alpha + BACKGROUND * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def _rgb_of_deep(image: Image.Image) -> NDArray[np.uint8]:
    samples = np.asarray(image)
    grey = _stretched(samples) if image.mode in ("I", "F") else (samples >> 8).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _stretched(samples: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Map any range to 0..255; infinite and NaN values become 0."""
    values = samples.astype(np.float32)
    finite = np.isfinite(values)
    least, greatest = (
        (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 1.0)
    )
    if samples.dtype.kind == "f" and least >= 0 and greatest <= 1:
        least, greatest = 0.0, 1.0
    elif samples.dtype.kind == "i" and least >= 0 and 255 < greatest <= 65535:
        least, greatest = 0.0, 65535.0
    spread = max(greatest - least, 1e-12)
    scaled = np.clip(np.where(finite, (values - least) / spread, 0.0), 0.0, 1.0)
    return (scaled * 255 + 0.5).astype(np.uint8)


#: A picture is dark if fewer of its pixels than this share are brighter than this in any colour.
_DARK_LEVEL, _LEAST_BRIGHT = 63, 0.001
#: Pixels looked at, in rows and columns at equal distances.
_LOOKED_AT = 1 << 16


def is_dark(rgb: NDArray[np.uint8]) -> bool:
    """Whether uint8 (h, w, 3) is dark throughout: hardly a pixel is as bright as a quarter of white."""
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / _LOOKED_AT) ** 0.5))
    red, green, blue = (rgb[::step, ::step, colour] for colour in range(3))
    # `max` along an axis of three takes ten times as long.
    brightest = np.maximum(np.maximum(red, green), blue)
    return int(np.count_nonzero(brightest > _DARK_LEVEL)) < _LEAST_BRIGHT * brightest.size


def turn_upright(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation (1 to 8, Exif 2.32 tag 0x0112); other values leave the photo unchanged."""
    if orientation in (5, 7):
        turned = cv2.transpose(rgb)
        return turned if orientation == 5 else cv2.rotate(turned, cv2.ROTATE_180)  # type: ignore[return-value]
    if orientation in _TURNS:
        return cv2.rotate(rgb, _TURNS[orientation])  # type: ignore[return-value]
    if orientation in _FLIPS:
        return cv2.flip(rgb, _FLIPS[orientation])  # type: ignore[return-value]
    return rgb


def upright_view(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """As `turn_upright`, without a copy: a view whose rows may lie far apart in memory."""
    turned = np.swapaxes(rgb, 0, 1) if is_sideways(orientation) else rgb
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    return turned[::down, ::across]


def for_opencv(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A part of a photo (h, w, 3) as OpenCV can read it: as it is, or a copy where it is turned."""
    return part if part.strides[1:] == (3, 1) and part.strides[0] > 0 else np.ascontiguousarray(part)


def resize_view(part: NDArray[np.uint8], size: tuple[int, int], method: int) -> NDArray[np.uint8]:
    """Resize a part of a photo to (width, height); where it is turned, it is turned when it is small."""
    sideways = abs(part.strides[0]) < abs(part.strides[1])
    down, across = (-1 if stride < 0 else 1 for stride in part.strides[:2])
    stored = part[::down, ::across]
    if sideways:
        stored, size = np.swapaxes(stored, 0, 1), size[::-1]
    resized = cv2.resize(stored, size, interpolation=method)
    upright = np.swapaxes(resized, 0, 1) if sideways else resized
    return np.ascontiguousarray(upright[::down, ::across]).astype(np.uint8, copy=False)


def is_sideways(orientation: int) -> bool:
    """Whether undoing `orientation` swaps width and height."""
    return 5 <= orientation <= 8
