"""Convert any photo to a JPEG that browsers show, upright, 8-bit RGB.

It uses Pillow alone: the web process does not load OpenCV, which `core.detection.decode` needs.
"""

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from PIL import Image, ImageFile, ImageOps
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from core.detection.jpeg_end import EOI
from core.detection.png_chunks import without_damaged
from core.errors import InputError
from core.library.pictures.anonymise import Cover, paint

# The plugin is called directly; the photo's size was checked when the photo was first read.
_OPENERS: dict[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "HEIF": HeifImageFile,
    "AVIF": AvifImageFile,
    "JPEG2000": Jpeg2KImageFile,
}
_DEEP_MODES = frozenset(("I", "F", "I;16", "I;16B", "I;16L", "I;16N"))
#: Photos open at once: one of 200 million pixels takes over half a gigabyte.
_AT_ONCE = threading.BoundedSemaphore(2)
_FACE_QUALITY = 88
_EXPORT_QUALITY = 95


def picture_jpeg(
    data: bytes, photo_format: str, *, long_side: int | None, quality: int, covers: Sequence[Cover] = ()
) -> bytes:
    """JPEG bytes of a photo's first frame, upright, its long side at most `long_side` pixels, no metadata.

    The covers are painted over it. Raises InputError photo_damaged if the file cannot be decoded.
    """
    with _opened(data, photo_format) as image:
        width, height = image.size
        picture = _rgb(_reduced(image, long_side))
        paint(picture, covers, scale=max(picture.size) / max(width, height))
        return _jpeg(picture, quality)


def encoded(data: bytes, photo_format: str, new_format: str, covers: Sequence[Cover] = ()) -> bytes:
    """The photo's first frame as a file of `new_format` (JPEG, PNG, WEBP or GIF) without metadata, upright.

    At full size and high quality, with the covers painted over it; raises InputError photo_damaged.
    """
    with _opened(data, photo_format) as image:
        picture = _rgb(_reduced(image, None))
        paint(picture, covers, scale=1.0)
        picture.info.clear()
        out = BytesIO()
        picture.save(out, new_format, quality=_EXPORT_QUALITY, subsampling=0)
        return out.getvalue()


def face_jpeg(
    data: bytes,
    photo_format: str,
    *,
    box: tuple[float, float, float, float],
    side: int,
    context: float,
    covers: Sequence[Cover] = (),
) -> bytes:
    """JPEG bytes of a square of `side` pixels around a box, `context` face sizes wide.

    The box is x1, y1, x2, y2 in pixels of the upright full-size photo; parts outside the photo are black.
    The covers are painted over it. Raises InputError photo_damaged if the file cannot be decoded.
    """
    with _opened(data, photo_format) as image:
        length = context * max(1.0, ((box[2] - box[0]) * (box[3] - box[1])) ** 0.5)
        upright, scale = _reduced_for(image, side / length)
        if covers:
            upright = _rgb(upright)
            paint(upright, covers, scale=scale)
        left, top = ((low + high - length) / 2 for low, high in (box[::2], box[1::2]))
        edges = (left * scale, top * scale, (left + length) * scale, (top + length) * scale)
        square = _rgb(upright.crop(edges))
        return _jpeg(square.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0), _FACE_QUALITY)


def browsers_show(data: bytes, photo_format: str, frames: int) -> bool:
    """Whether every browser shows the original bytes upright and not animated."""
    if frames > 1 or photo_format not in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP"):
        return False
    # Browsers apply the EXIF orientation of a JPEG, as Maskloop does; not all do for other formats.
    return photo_format == "JPEG" or (b"Exif" not in data[:4096] and b"eXIf" not in data)


@contextmanager
def _opened(data: bytes, photo_format: str) -> Iterator[ImageFile.ImageFile]:
    """The open image, at most two at once; raises InputError photo_damaged."""
    with _AT_ONCE, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _OPENERS[photo_format](BytesIO(_mended(data, photo_format))) as image:
                yield image
        except (OSError, SyntaxError, ValueError, KeyError, MemoryError) as error:
            raise InputError("photo_damaged", "The photo cannot be decoded.") from error


def _mended(data: bytes, photo_format: str) -> bytes:
    """The file without the damage that `decode_photo` accepts: no end of a JPEG, a damaged chunk of a PNG."""
    if photo_format == "JPEG" and not data.endswith(EOI):
        return data + EOI
    return without_damaged(data) if photo_format == "PNG" else data


def _reduced_for(image: ImageFile.ImageFile, scale: float) -> tuple[Image.Image, float]:
    """The upright image, decoded at reduced scale where the format allows it, and its actual scale."""
    width, height = image.size
    if scale < 1:
        image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    image.load()
    return ImageOps.exif_transpose(image), image.width / width


def _reduced(image: ImageFile.ImageFile, long_side: int | None) -> Image.Image:
    if long_side is not None:
        image.draft(None, (long_side, long_side))
    image.load()
    upright = ImageOps.exif_transpose(image)
    if long_side is not None:
        upright.thumbnail((long_side, long_side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return upright


def _rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB; transparent parts become white."""
    if image.mode in _DEEP_MODES:
        return _eight_bit(image).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """8-bit grey: 16-bit samples and floats up to 1 unchanged, others stretched from minimum to maximum."""
    deep = image.convert("F")
    low, high = cast("tuple[float, float]", deep.getextrema())
    top = 1.0 if image.mode == "F" else 65535.0
    if low >= 0 and high <= top:
        low, high = 0.0, top
    factor = 255 / ((high - low) or 1.0)
    return deep.point(lambda value: value * factor - low * factor).convert("L")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    # Pillow would write the comment of the file that the picture was read from.
    image.info.pop("comment", None)
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
