"""Decode a photo's file to upright RGB, at reduced scale where the caller allows it."""

import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ExifTags import Base
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from core.detection.jpeg_end import complete_jpeg, has_end
from core.detection.photo import DecodedPhoto, PhotoLimits, PhotoNote
from core.detection.pixels import is_dark, is_sideways, rgb_of, turn_upright, upright_view
from core.detection.png_chunks import without_damaged
from core.detection.signature import PhotoFormat, count_tiff_pages, declared_sizes, recognise_format
from core.detection.truncation import is_cut
from core.errors import InputError

# Pillow's plugins are called directly. `Image.open` would check the size against a global limit, warn
# below that limit, and try every plugin on files that are not images.
_OPENERS: dict[PhotoFormat, Callable[[BytesIO], ImageFile.ImageFile]] = {
    PhotoFormat.JPEG: JpegImageFile,
    PhotoFormat.PNG: PngImageFile,
    PhotoFormat.WEBP: WebPImageFile,
    PhotoFormat.GIF: GifImageFile,
    PhotoFormat.BMP: BmpImageFile,
    PhotoFormat.TIFF: TiffImageFile,
    PhotoFormat.HEIF: HeifImageFile,
    PhotoFormat.AVIF: AvifImageFile,
    PhotoFormat.JPEG2000: Jpeg2KImageFile,
}
#: Exceptions that Pillow's plugins raise on damaged files, found by fuzzing every format.
_DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, EOFError,
    RuntimeError, AssertionError, struct.error, zlib.error,
)  # fmt: skip
#: OpenCV has names for the grey and BGR reductions only; a grey one combined with the RGB flag gives RGB.
_REDUCED_FLAGS = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_COLOR_RGB,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_COLOR_RGB,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_COLOR_RGB,
}
#: From this size on, a second copy of the pixels is avoided; small photos are decoded faster with one.
_LARGE_PIXELS = 4_000_000
DEFAULT_LIMITS = PhotoLimits()
#: While a photo is decoded: RGBA of the decoder and RGB of ours.
_BYTES_OF_A_PIXEL = 7


def decode_photo(
    data: bytes, *, min_scale: float = 1.0, limits: PhotoLimits = DEFAULT_LIMITS
) -> DecodedPhoto:
    """Decode a photo's file; of an animated or multi-page file, the first frame.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that is at least `min_scale`.
    Colour profiles are ignored: they change colours less than the light on a face does.

    Raises InputError: empty_file, not_an_image, format_not_supported, photo_too_large_bytes,
    photo_too_large_pixels, photo_truncated, photo_damaged.
    """
    if len(data) > limits.max_bytes:
        raise InputError(
            "photo_too_large_bytes", f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}."
        )
    photo_format = recognise_format(data)
    for size in declared_sizes(data, photo_format):
        _check_pixels(size, limits)
    with _errors_named(data, photo_format), _quiet_pillow():
        whole, notes = _mended(data, photo_format, limits)
        raw = _read(whole, photo_format, min_scale, limits)
    width, height = raw.size[::-1] if is_sideways(raw.orientation) else raw.size
    return DecodedPhoto(
        rgb=_upright(raw.rgb, raw.orientation),
        width=width,
        height=height,
        format=photo_format.value,
        frames=raw.frames,
        orientation=raw.undone if 1 <= raw.undone <= 8 else 1,
        notes=(*notes, PhotoNote.DARK) if is_dark(raw.rgb) else notes,
    )


def _upright(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turned pixels; those of a large photo are turned where they are used, part by part."""
    if rgb.shape[0] * rgb.shape[1] >= _LARGE_PIXELS:
        return upright_view(rgb, orientation)
    return np.ascontiguousarray(turn_upright(rgb, orientation))


@dataclass(frozen=True, kw_only=True)
class _RawPhoto:
    """Pixels as stored in the file, not yet upright; `size` is the full-size photo's (width, height)."""

    rgb: NDArray[np.uint8]
    size: tuple[int, int]
    orientation: int
    #: The EXIF orientation of the file; Pillow has already undone it in a TIFF.
    undone: int
    frames: int


def _mended(
    data: bytes, photo_format: PhotoFormat, limits: PhotoLimits
) -> tuple[bytes, tuple[PhotoNote, ...]]:
    """The file without damage that touches no pixel, and notes of what was done."""
    if photo_format is PhotoFormat.PNG:
        sound = without_damaged(data)
        return sound, () if sound is data else (PhotoNote.CHUNK_DAMAGED,)
    if photo_format is PhotoFormat.JPEG and not has_end(data):
        with JpegImageFile(BytesIO(data)) as image:
            _check_pixels(image.size, limits)
        whole = complete_jpeg(data)
        if whole is None:
            raise _truncated()
        return whole, (PhotoNote.END_MISSING,)
    return data, ()


def _read(data: bytes, photo_format: PhotoFormat, min_scale: float, limits: PhotoLimits) -> _RawPhoto:
    with _OPENERS[photo_format](BytesIO(data)) as image:
        _check_pixels(image.size, limits)
        is_tiff = photo_format is PhotoFormat.TIFF
        frames = count_tiff_pages(data) if is_tiff else getattr(image, "n_frames", 1)
        undone = _orientation(image) if is_tiff else 1
        if isinstance(image, JpegImageFile):
            size, orientation = image.size, _orientation(image)
            rgb = _jpeg_pixels(data, image, _reduction(size, min_scale))
        elif isinstance(image, WebPImageFile) and frames == 1 and image.mode == "RGB":
            size, orientation = image.size, _orientation(image)
            rgb = _webp_pixels(data, image)
        else:
            image.load()
            # Read after loading: PNG may store EXIF after its pixels, and Pillow turns TIFF upright and
            # learns the true size of HEIF while loading.
            size, orientation = image.size, _orientation(image)
            rgb = rgb_of(image)
    undone = orientation if orientation != 1 else undone
    return _RawPhoto(rgb=rgb, size=size, orientation=orientation, undone=undone, frames=frames)


def _check_pixels(size: tuple[int, int], limits: PhotoLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise InputError(
            "photo_too_large_pixels",
            f"The photo has {width:,} x {height:,} pixels; the limit is {limits.max_pixels:,} in total.",
        )
    if max(size) > limits.max_side:
        raise InputError(
            "photo_too_large_pixels",
            f"The photo has {width:,} x {height:,} pixels; the limit of a side is {limits.max_side:,}.",
        )


def _reduction(size: tuple[int, int], min_scale: float) -> int:
    """The largest of 8, 4, 2, 1 that keeps a scale of `min_scale` and a side of one pixel or more."""
    fits = (n for n in (8, 4, 2) if 1 / n >= min_scale and min(size) >= n)
    return next(fits, 1)


def _jpeg_pixels(data: bytes, image: JpegImageFile, reduction: int) -> NDArray[np.uint8]:
    """Decode with OpenCV, which holds one copy of the pixels; with Pillow for CMYK and where OpenCV fails.

    Both use libjpeg-turbo and give the same sizes. OpenCV 5 refuses a truncated file; Pillow then says why.
    """
    if image.mode in ("RGB", "L"):
        flags = _REDUCED_FLAGS[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
        rgb = _opencv_pixels(data, image.size, flags)
        if rgb is not None:
            return rgb
    if reduction > 1:
        image.draft(None, (image.width // reduction, image.height // reduction))
    image.load()
    return rgb_of(image)


def _opencv_pixels(data: bytes, size: tuple[int, int], flags: int) -> NDArray[np.uint8] | None:
    """Pixels of a file, or None where OpenCV cannot decode it; `size` is the whole photo's (width, height).

    `imdecode` decodes into memory of its own and copies the pixels into an array. `imread` with a place for
    the result decodes a large photo into the array in half the memory and time; on Linux the file gets a name
    for as long as it is read.
    """
    if size[0] * size[1] < _LARGE_PIXELS or not hasattr(os, "memfd_create"):
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)  # type: ignore[return-value]
    descriptor = os.memfd_create("photo", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        return cv2.imread(f"/proc/self/fd/{descriptor}", None, flags)  # type: ignore[return-value]
    finally:
        os.close(descriptor)


def _webp_pixels(data: bytes, image: WebPImageFile) -> NDArray[np.uint8]:
    """Decode with OpenCV: Pillow uses the animation decoder, which holds five copies of the pixels."""
    rgb = _opencv_pixels(data, image.size, _REDUCED_FLAGS[1] | cv2.IMREAD_IGNORE_ORIENTATION)
    if rgb is not None and rgb.shape[1::-1] == image.size:
        return rgb
    image.load()
    return rgb_of(image)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation; 1 where the EXIF data cannot be read, since the pixels are usable without it."""
    try:
        value = image.getexif().get(Base.Orientation, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Suppress Pillow's warnings about odd metadata; real damage is raised as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _errors_named(data: bytes, photo_format: PhotoFormat) -> Iterator[None]:
    """Convert exceptions of the decoders to InputError."""
    try:
        yield
    except InputError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise _no_memory() from error
    except cv2.error as error:
        # OpenCV returns None for bad data; any other error of it is a bug in our code and must surface.
        if error.code != cv2.Error.StsNoMem:
            raise
        raise _no_memory() from error
    except _DAMAGE as error:
        if is_cut(data, photo_format):
            raise _truncated() from error
        if not _has_room(data, photo_format):
            raise _no_memory() from error
        raise InputError("photo_damaged", f"The {photo_format} file is damaged: {error}.") from error


def _has_room(data: bytes, photo_format: PhotoFormat) -> bool:
    """Whether the memory that a process may take holds the pixels: some decoders call that damage."""
    try:
        for width, height in declared_sizes(data, photo_format):
            np.empty(width * height * _BYTES_OF_A_PIXEL, np.uint8)
    except MemoryError:
        return False
    return True


def _truncated() -> InputError:
    return InputError("photo_truncated", "The file ends before the picture does.")


def _no_memory() -> InputError:
    return InputError("photo_too_large_pixels", "The photo needs more memory than one photo may take.")
