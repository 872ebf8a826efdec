"""Recognise a photo's format by its first bytes, and read its declared size before decoding."""

from collections.abc import Collection, Iterator
from enum import StrEnum

from core.errors import InputError


class PhotoFormat(StrEnum):
    """Supported formats."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    HEIF = "HEIF"
    AVIF = "AVIF"
    JPEG2000 = "JPEG2000"


_SUPPORTED: tuple[tuple[bytes, PhotoFormat], ...] = (
    (b"\xff\xd8\xff", PhotoFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PhotoFormat.PNG),
    (b"GIF87a", PhotoFormat.GIF),
    (b"GIF89a", PhotoFormat.GIF),
    (b"BM", PhotoFormat.BMP),
    (b"II*\0", PhotoFormat.TIFF),
    (b"MM\0*", PhotoFormat.TIFF),
    (b"II+\0", PhotoFormat.TIFF),
    (b"MM\0+", PhotoFormat.TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", PhotoFormat.JPEG2000),
    (b"\xff\x4f\xff\x51", PhotoFormat.JPEG2000),
)
#: Formats that people send and that are not supported, named so that the message can say what to do.
_UNSUPPORTED: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG drawing"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"%!PS", "a PostScript file"),
    (b"\0\0\1\0", "an icon"),
    (b"FUJIFILMCCD-RAW", "a raw camera file"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
)


def recognise_format(data: bytes) -> PhotoFormat:
    """Format of a file's bytes, regardless of its name.

    Raises InputError: empty_file, format_not_supported, not_an_image.
    """
    if not data:
        raise InputError("empty_file", "The file is empty.")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PhotoFormat.WEBP
    if data[4:8] == b"ftyp":
        return _format_of_brands(data)
    _refuse_known_others(data)
    for prefix, photo_format in _SUPPORTED:
        if data.startswith(prefix):
            return photo_format
    raise InputError("not_an_image", "The file is not an image, although its name says so.")


def _format_of_brands(data: bytes) -> PhotoFormat:
    """HEIF, AVIF and video share one container format; its list of brands distinguishes them."""
    end = min(int.from_bytes(data[:4], "big"), 4096)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return PhotoFormat.AVIF
    if brands & _HEIF_BRANDS:
        return PhotoFormat.HEIF
    raise InputError("format_not_supported", "The file is a video or an unsupported image format.")


def _refuse_known_others(data: bytes) -> None:
    if data[:4] in (b"II*\0", b"MM\0*") and data[8:10] == b"CR":
        raise InputError("format_not_supported", "The file is a raw camera file; export it as JPEG.")
    for prefix, what in _UNSUPPORTED:
        if data.startswith(prefix):
            raise InputError("format_not_supported", f"The file is {what}; export it as JPEG or PNG.")


def declared_sizes(data: bytes, photo_format: PhotoFormat) -> Iterator[tuple[int, int]]:
    """(width, height) pairs in the header of formats whose decoder allocates memory when it is opened.

    Other formats yield nothing: Pillow reads their header without allocating memory for pixels.
    """
    if photo_format is PhotoFormat.WEBP:
        yield from _webp_sizes(data)
    elif photo_format in (PhotoFormat.HEIF, PhotoFormat.AVIF):
        yield from _box_sizes(data)


def _webp_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Canvas size by kind of chunk (WebP container specification)."""
    kind = data[12:16]
    if kind == b"VP8 " and len(data) >= 30:
        yield _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    elif kind == b"VP8X" and len(data) >= 30:
        yield _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    elif kind == b"VP8L" and len(data) >= 25:
        bits = _little(data, 21, 4)
        yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _box_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Every image spatial extents property (`ispe`, ISO/IEC 23008-12) in the first 64 KB."""
    at = data.find(b"ispe", 0, 65536)
    while at >= 0 and at + 16 <= len(data):
        yield int.from_bytes(data[at + 8 : at + 12], "big"), int.from_bytes(data[at + 12 : at + 16], "big")
        at = data.find(b"ispe", at + 4, 65536)


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")


#: Limit of the page count.
MOST_PAGES = 10_000


def count_tiff_pages(data: bytes) -> int:
    """Pages of a TIFF or BigTIFF (TIFF 6.0, section 2), 1 to `MOST_PAGES`.

    Counting stops where the chain of pages leaves the file or returns to an earlier page.
    """
    order = "little" if data[:2] == b"II" else "big"
    is_big = data[2:4] in (b"+\0", b"\0+")
    pointer, count_length, entry_length = (8, 8, 20) if is_big else (4, 2, 12)

    def number(at: int, length: int) -> int:
        return int.from_bytes(data[at : at + length], order)  # type: ignore[arg-type]

    page, seen = number(8 if is_big else 4, pointer), set[int]()
    while 0 < page < len(data) and page not in seen and len(seen) < MOST_PAGES:
        seen.add(page)
        entries = number(page, count_length)
        page = number(page + count_length + entry_length * entries, pointer)
    return max(len(seen), 1)


#: Bytes of a value by type (TIFF 6.0, section 2; BigTIFF): BYTE, SHORT, LONG, LONG8.
_TIFF_TYPES = {1: 1, 3: 2, 4: 4, 16: 8}


def tiff_numbers(data: bytes, tags: Collection[int]) -> dict[int, list[int]] | None:
    """Whole numbers of these tags on the first page; None where its directory reaches beyond the file."""
    order = "little" if data[:2] == b"II" else "big"
    is_big = data[2:4] in (b"+\0", b"\0+")
    pointer, count_length, entry_length = (8, 8, 20) if is_big else (4, 2, 12)

    def number(at: int, length: int) -> int:
        return int.from_bytes(data[at : at + length], order)  # type: ignore[arg-type]

    page = number(8 if is_big else 4, pointer)
    entries = number(page, count_length)
    if len(data) < 16 or page + count_length + entry_length * entries > len(data):
        return None
    found = {}
    for entry in range(page + count_length, page + count_length + entry_length * entries, entry_length):
        tag, size, count = number(entry, 2), _TIFF_TYPES.get(number(entry + 2, 2)), number(entry + 4, pointer)
        if tag not in tags or size is None:
            continue
        at = entry + 4 + pointer
        at = at if size * count <= pointer else number(at, pointer)
        if at + size * count > len(data):
            return None
        found[tag] = [number(at + size * index, size) for index in range(count)]
    return found
