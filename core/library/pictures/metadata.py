"""A photo's file without what the camera and editors wrote beside the pixels; the pixels stay as they are.

EXIF with its GPS position and preview, XMP, IPTC, comments, times, and whatever follows the picture (a
preview, a moving photo) are left out. What a viewer needs to show the same picture stays: the colour profile,
the number of colours, and the orientation, which is written anew on its own.
"""

import re
import struct
from collections.abc import Callable, Iterator

from PIL import Image
from PIL.ExifTags import Base

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
#: Application segments of a JPEG that say how to show it: JFIF, ICC profile (APP2), Adobe's colour transform.
_KEPT_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_COMMENT = 0xFE
#: Length of a JFIF segment with its marker and without a preview; its last two bytes are the preview's size.
_JFIF_BYTES = 18
#: Ends a scan: any marker but a byte FF (FF 00), a fill byte, or a restart.
_ENDS_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Chunks of a PNG that change what is shown (PNG specification, third edition, 5.6).
_KEPT_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM cICP gAMA iCCP mDCV cLLI sBIT sRGB bKGD pHYs acTL fcTL fdAT".split()
)
_KEPT_WEBP = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH"))
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
#: GIF extensions that change what is shown: graphic control, and the loop count of an animation.
_GIF_CONTROL, _GIF_TEXT, _GIF_APPLICATION = 0xF9, 0x01, 0xFF
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


class _Malformed(Exception):
    """The file is not built as its format says."""


def without_metadata(data: bytes, photo_format: str) -> bytes | None:
    """The file without metadata, its pixels untouched; None where only encoding it anew removes them.

    `photo_format` is Pillow's name, such as `JPEG`. None for formats not listed here (TIFF, HEIF, AVIF, JPEG
    2000) and for files that are damaged.
    """
    strip = _STRIPPERS.get(photo_format)
    if strip is None:
        return None
    try:
        return strip(data)
    except (_Malformed, struct.error, IndexError):
        return None


def orientation_exif(orientation: int) -> bytes:
    """EXIF data with an orientation (1 to 8) alone, without the `Exif` prefix of JPEG."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _orientation(exif: bytes) -> int:
    """The orientation in EXIF data; 1 where it cannot be read."""
    read = Image.Exif()
    try:
        read.load(exif)
        value = read.get(Base.Orientation, 1)
    except Exception:  # EXIF may contain anything.
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _strip_jpeg(data: bytes) -> bytes:
    """Walk the segments up to the end marker; what follows it is dropped."""
    if data[:2] != b"\xff\xd8":
        raise _Malformed
    kept, orientation = [], 1
    for kind, part in _jpeg_parts(data):
        if kind == 0xE1 and part[4:10] == b"Exif\0\0":
            orientation = _orientation(part[4:])
        if _keeps_segment(kind, part):
            kept.append(_without_preview(part) if kind == 0xE0 else part)
    head = [data[:2]]
    if orientation != 1:
        exif = b"Exif\0\0" + orientation_exif(orientation)
        head.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    # JFIF asks to come first.
    first = kept[:1] if kept and kept[0][1] == 0xE0 else []
    return b"".join([head[0], *first, *head[1:], *kept[len(first) :]])


def _without_preview(jfif: bytes) -> bytes:
    """A JFIF segment without the small picture that it may contain (JFIF 1.02, page 5)."""
    if len(jfif) < _JFIF_BYTES:
        raise _Malformed
    return b"\xff\xe0" + struct.pack(">H", _JFIF_BYTES - 2) + jfif[4 : _JFIF_BYTES - 2] + b"\0\0"


def _keeps_segment(kind: int, part: bytes) -> bool:
    if 0xE0 <= kind <= 0xEF:
        prefix = _KEPT_SEGMENTS.get(kind)
        return prefix is not None and part[4:].startswith(prefix)
    return kind != _COMMENT


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment, a scan with its coded bytes; ends at the end marker."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        kind = data[at + 1]
        if data[at] != 0xFF or kind in (0x00, _SOI):
            raise _Malformed
        if kind == _EOI:
            yield kind, b"\xff\xd9"
            return
        end = at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        if kind == _SOS:
            marker = _ENDS_SCAN.search(data, end)
            if marker is None:
                raise _Malformed
            end = marker.start()
        if end <= at + 3 or end > len(data):
            raise _Malformed
        yield kind, data[at:end]
        at = end


def _strip_png(data: bytes) -> bytes:
    if data[:8] != _PNG_SIGNATURE:
        raise _Malformed
    kept, exif, at = [], b"", 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise _Malformed
        if kind == b"eXIf":
            exif = chunk[8:-4]
        if kind in _KEPT_CHUNKS:
            kept.append(chunk)
        if kind == b"IEND":
            break
        at += len(chunk)
    if exif and _orientation(exif) != 1:
        raise _Malformed  # Few viewers apply the orientation of a PNG: it is turned and encoded anew.
    return b"".join((_PNG_SIGNATURE, *kept))


def _strip_webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise _Malformed
    kept, at = [], 12
    end = min(len(data), 8 + int(struct.unpack_from("<I", data, 4)[0]))
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise _Malformed
        if kind == b"EXIF" and _orientation(chunk[8 : 8 + length]) != 1:
            raise _Malformed
        if kind == b"VP8X":
            flags = chunk[8] & ~(_WEBP_EXIF | _WEBP_XMP)
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if kind in _KEPT_WEBP:
            kept.append(chunk)
        at += len(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _strip_gif(data: bytes) -> bytes:
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise _Malformed
    at = 13 + _colour_bytes(data[10])
    kept = [data[:at]]
    while data[at] != 0x3B:
        start, kind = at, data[at + 1]
        if data[at] == 0x2C:
            at = _after_blocks(data, at + 11 + _colour_bytes(data[at + 9]))
        elif data[at] == 0x21:
            at = _after_blocks(data, at + 2)
        else:
            raise _Malformed
        is_image = data[start] == 0x2C
        if is_image or kind in (_GIF_CONTROL, _GIF_TEXT) or _is_loop_count(data, start):
            kept.append(data[start:at])
    return b"".join((*kept, b"\x3b"))


def _is_loop_count(data: bytes, at: int) -> bool:
    return data[at + 1] == _GIF_APPLICATION and data[at + 3 : at + 14] in _GIF_LOOPS


def _colour_bytes(flags: int) -> int:
    """Length of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Where a chain of blocks ends."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    "JPEG": _strip_jpeg,
    "PNG": _strip_png,
    "WEBP": _strip_webp,
    "GIF": _strip_gif,
}
