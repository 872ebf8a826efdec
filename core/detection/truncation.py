"""Whether a file ends before its picture does, by the structure of its format."""

from collections.abc import Callable

from core.detection import jpeg_end, png_chunks
from core.detection.signature import PhotoFormat, tiff_numbers

_GIF_HEADER, _GIF_IMAGE = 13, 10
_STRIPS, _TILES = (273, 279), (324, 325)
_END_OF_CODESTREAM = b"\xff\xd9"


def is_cut(data: bytes, photo_format: PhotoFormat) -> bool:
    """Whether a file that could not be decoded is shorter than its own lengths, or has no end."""
    return _CHECKS[photo_format](data)


def _webp_is_cut(data: bytes) -> bool:
    return len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 > len(data)


def _bmp_is_cut(data: bytes) -> bool:
    """By the size of the file, and where the pixels begin, in its header."""
    declared, pixels = (int.from_bytes(data[at : at + 4], "little") for at in (2, 10))
    return len(data) < 30 or max(declared, pixels) > len(data)


def _gif_is_cut(data: bytes) -> bool:
    """Whether the blocks (GIF89a, appendix A) reach beyond the file or stop before the trailer."""
    at = _GIF_HEADER + _colours(data, 10)
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x2C:
            at += _GIF_IMAGE + _colours(data, at + 9) + 1
        elif data[at] == 0x21:
            at += 2
        else:
            return False
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return at >= len(data)


def _colours(data: bytes, at: int) -> int:
    """Bytes of the colour table that the flags at `at` announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _tiff_is_cut(data: bytes) -> bool:
    """Whether the first page's directory, or a strip or tile of it, reaches beyond the file."""
    tags = tiff_numbers(data, (*_STRIPS, *_TILES))
    if tags is None:
        return True
    for places, sizes in (_STRIPS, _TILES):
        pairs = zip(tags.get(places, ()), tags.get(sizes, ()), strict=False)
        if any(place + size > len(data) for place, size in pairs):
            return True
    return False


def _boxes_are_cut(data: bytes) -> bool:
    """Whether the top-level boxes of an ISO media file (4-byte size, 8-byte if that is 1) exceed the file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return False
        at += size
    return at != len(data)


def _jpeg2000_is_cut(data: bytes) -> bool:
    """Whether the boxes exceed the file, or the code stream has no end marker (ITU-T T.800, annex A)."""
    is_boxed = not data.startswith(b"\xff\x4f")
    return (is_boxed and _boxes_are_cut(data)) or _END_OF_CODESTREAM not in data[-16:]


_CHECKS: dict[PhotoFormat, Callable[[bytes], bool]] = {
    PhotoFormat.JPEG: lambda data: not jpeg_end.has_end(data),
    PhotoFormat.PNG: lambda data: not png_chunks.has_end(data),
    PhotoFormat.WEBP: _webp_is_cut,
    PhotoFormat.GIF: _gif_is_cut,
    PhotoFormat.BMP: _bmp_is_cut,
    PhotoFormat.TIFF: _tiff_is_cut,
    PhotoFormat.HEIF: _boxes_are_cut,
    PhotoFormat.AVIF: _boxes_are_cut,
    PhotoFormat.JPEG2000: _jpeg2000_is_cut,
}
