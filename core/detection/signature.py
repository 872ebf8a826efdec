"""Tell a photo's format from its first bytes, and its size where a decoder would allocate before asking."""

from collections.abc import Iterator
from enum import StrEnum

from core.errors import InputError


class PhotoFormat(StrEnum):
    """Formats that are read."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    HEIF = "HEIF"
    AVIF = "AVIF"
    JPEG2000 = "JPEG2000"


_READ: tuple[tuple[bytes, PhotoFormat], ...] = (
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
#: Pictures that people do send, named so that the message can say what to do.
_NOT_READ: tuple[tuple[bytes, str], ...] = (
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
    """Format of a file's bytes, whatever its name says.

    Raises InputError: empty_file, format_not_supported, not_an_image.
    """
    if not data:
        raise InputError("empty_file", "The file is empty.")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PhotoFormat.WEBP
    if data[4:8] == b"ftyp":
        return _format_of_brands(data)
    _refuse_known_others(data)
    for prefix, photo_format in _READ:
        if data.startswith(prefix):
            return photo_format
    raise InputError("not_an_image", "The file is not a picture, whatever its name says.")


def _format_of_brands(data: bytes) -> PhotoFormat:
    """HEIF, AVIF and video share one container; its list of brands says which it is."""
    end = min(int.from_bytes(data[:4], "big"), 4096)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return PhotoFormat.AVIF
    if brands & _HEIF_BRANDS:
        return PhotoFormat.HEIF
    raise InputError("format_not_supported", "The file is a video or a picture format that is not read.")


def _refuse_known_others(data: bytes) -> None:
    if data[:4] in (b"II*\0", b"MM\0*") and data[8:10] == b"CR":
        raise InputError("format_not_supported", "The file is a raw camera file; export it as JPEG.")
    for prefix, what in _NOT_READ:
        if data.startswith(prefix):
            raise InputError("format_not_supported", f"The file is {what}; export it as JPEG or PNG.")


def declared_sizes(data: bytes, photo_format: PhotoFormat) -> Iterator[tuple[int, int]]:
    """(width, height) pairs that the file claims, for decoders that allocate when they are opened.

    Other formats yield nothing: Pillow reads their header without allocating.
    """
    if photo_format is PhotoFormat.WEBP:
        yield from _webp_sizes(data)
    elif photo_format in (PhotoFormat.HEIF, PhotoFormat.AVIF):
        yield from _box_sizes(data)


def _webp_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Canvas size by chunk kind, as the WebP container specification lays it out."""
    kind = data[12:16]
    if kind == b"VP8 " and len(data) >= 30:
        yield _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    elif kind == b"VP8X" and len(data) >= 30:
        yield _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    elif kind == b"VP8L" and len(data) >= 25:
        bits = _little(data, 21, 4)
        yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _box_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Every image spatial extents property (`ispe`, ISO/IEC 23008-12) in the metadata at the front."""
    at = data.find(b"ispe", 0, 65536)
    while at >= 0 and at + 16 <= len(data):
        yield int.from_bytes(data[at + 8 : at + 12], "big"), int.from_bytes(data[at + 12 : at + 16], "big")
        at = data.find(b"ispe", at + 4, 65536)


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")


#: Counting stops here; the chain may be made to run in circles.
MOST_PAGES = 10_000


def count_tiff_pages(data: bytes) -> int:
    """Pages of a TIFF or BigTIFF (TIFF 6.0, section 2): at least 1, `MOST_PAGES` at most.

    A chain that leaves the file or returns to an earlier page ends there.
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
