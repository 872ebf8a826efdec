"""Encode a picture in each format that cameras, phones and web sites use, including rare ones."""

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
from PIL import Image
from pillow_heif import from_pillow

from core.samples.portrait import Rgb

#: Transpose operation for each EXIF orientation; undoing the orientation gives the upright picture again.
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_ORIENTATION = 0x0112


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    """The file that Pillow writes for `image`."""
    out = BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def jpeg(rgb: Rgb, quality: int = 90, **options: object) -> bytes:
    """A JPEG of uint8 (h, w, 3) RGB."""
    return saved(Image.fromarray(rgb), "JPEG", quality=quality, **options)


def turned_jpeg(rgb: Rgb, orientation: int) -> bytes:
    """A JPEG with rotated or mirrored pixels and the matching EXIF orientation (1 to 8)."""
    image = Image.fromarray(rgb)
    if orientation in _TURNED:
        image = image.transpose(_TURNED[orientation])
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return saved(image, "JPEG", quality=90, exif=exif)


def heic(rgb: Rgb) -> bytes:
    """HEIF with HEVC, as phones write it."""
    out = BytesIO()
    from_pillow(Image.fromarray(rgb)).save(out, quality=80)
    return out.getvalue()


def cmyk_jpeg(rgb: Rgb) -> bytes:
    """A JPEG for print: CMYK, inverted as Adobe does."""
    return saved(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=90)


def deep_grey_png(rgb: Rgb) -> bytes:
    """16 bits a pixel, grey."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.uint16) * 257
    return deep_png(grey)


def deep_rgb_png(rgb: Rgb) -> bytes:
    """16 bits a channel."""
    return deep_png(rgb.astype(np.uint16) * 257)


def deep_png(samples: np.ndarray) -> bytes:
    """A PNG of uint16 samples, (h, w) grey or (h, w, 3) RGB."""
    bgr = samples if samples.ndim == 2 else samples[..., ::-1]
    return cv2.imencode(".png", np.ascontiguousarray(bgr))[1].tobytes()


def palette_png(rgb: Rgb) -> bytes:
    """255 colours and a transparent one in two corners."""
    image = Image.fromarray(rgb).quantize(255)
    indices = np.array(image)
    side = min(indices.shape) // 8
    indices[:side, :side] = 255
    indices[-side:, -side:] = 255
    clear = Image.fromarray(indices, "P")
    clear.putpalette((image.getpalette() or []) + [0, 0, 0])
    return saved(clear, "PNG", transparency=255)


def animated(rgb: Rgb, file_format: str, frames: int = 3) -> bytes:
    """A GIF, WEBP or TIFF of several frames that pan; the first frame is the photo itself."""
    rest = [Image.fromarray(np.roll(rgb, 12 * step, axis=1)) for step in range(1, frames)]
    return saved(Image.fromarray(rgb), file_format, save_all=True, append_images=rest, duration=200, loop=0)


def bomb_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A valid PNG of less than a kilobyte that declares `width` x `height` pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
