"""Whether a JPEG without an end marker (EOI) has all of its pixels, and the file with the marker added.

A JPEG has no checksum and no length, so the bytes alone do not tell. The picture does: where all of it is
there, no decoder looks at what follows, and any bytes may be appended without a pixel changing. Where a part
is missing, the appended bytes are decoded in its place. A progressive file must also have sent every
coefficient in full, or a scan that is missing would not be noticed.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from PIL.JpegImagePlugin import JpegImageFile

EOI = b"\xff\xd9"
#: Rows digested at a time: `Image.tobytes` makes two copies.
_BAND_ROWS = 256
_START_OF_SCAN, _RESTART_INTERVAL, _END, _START_OF_IMAGE = 0xDA, 0xDD, 0xD9, 0xD8
#: Frame headers (ITU-T T.81, table B.1): all of C0 to CF but Huffman tables, JPG and arithmetic tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
#: In a scan: a marker that ends it. FF 00 is a byte FF, FF D0 to D7 are restarts.
_ENDS_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
_COEFFICIENTS = 64
#: Bytes that interrupted files are padded with, and how many of them a scan may itself end with.
_PADDING, _OWN_PADDING = b"\x00\xff", 3


@dataclass(kw_only=True)
class _Scans:
    """What the markers of a file say."""

    #: Where the coded bytes of the last scan begin and end.
    start: int = 0
    end: int = 0
    has_restarts: bool = False
    is_progressive: bool = False
    #: By component, the lowest bit sent of each of its 64 coefficients; None where nothing was sent.
    lowest_bits: dict[int, list[int | None]] = field(default_factory=dict)

    @property
    def are_whole(self) -> bool:
        """Whether every coefficient of every component was sent to its last bit."""
        sent = [bit for bits in self.lowest_bits.values() for bit in bits]
        return bool(sent) and all(bit == 0 for bit in sent)


def has_end(data: bytes) -> bool:
    """Whether an end marker follows the last scan that the markers lead to."""
    if data.endswith(EOI):
        return True
    scans = _read_markers(data)
    return scans.start > 0 and data.find(EOI, scans.start) >= 0


def complete_jpeg(data: bytes) -> bytes | None:
    """A file without end marker (see `has_end`), with one added; None where a part of the picture is missing.

    Bytes that follow the picture are left out. The picture is decoded a few times at full scale, so check its
    size first.
    """
    scans = _read_markers(data)
    if not scans.are_whole:
        return None
    kept = data[: scans.end]
    least = len(kept.rstrip(_PADDING))
    for length in range(least, min(least + _OWN_PADDING, len(kept)) + 1):
        if _is_whole(kept[:length], scans):
            return kept[:length] + EOI
    return None


def _is_whole(data: bytes, scans: _Scans) -> bool:
    """Whether the decoded picture does not depend on what follows the bytes."""
    digest = _digest(data)
    return digest is not None and all(_digest(data + tail) == digest for tail in _tails(data, scans))


def _digest(data: bytes) -> bytes | None:
    """SHA-256 of the pixels of a file with an end marker added; None if it cannot be decoded."""
    try:
        with JpegImageFile(BytesIO(data + EOI)) as image:
            image.load()
            digest = hashlib.sha256()
            for top in range(0, image.height, _BAND_ROWS):
                band = image.crop((0, top, image.width, min(top + _BAND_ROWS, image.height)))
                digest.update(band.tobytes())
            return digest.digest()
    except (OSError, SyntaxError, ValueError):
        return None


def _tails(data: bytes, scans: _Scans) -> Iterator[bytes]:
    """Bytes that would show up as pixels, each also inverted, so that the very next bit differs."""
    for seed in (b"1", b"2"):
        bits = b"".join(hashlib.sha256(seed + bytes([part])).digest() for part in range(8))
        plain = bytes(byte % 254 + 1 for byte in bits)
        yield plain
        yield bytes(255 - byte for byte in plain)
        if scans.has_restarts:
            # A picture that ends where a restart is due takes bytes only after that restart.
            yield bytes([0xFF, 0xD0 + _next_restart(data[scans.start :])]) + plain


def _next_restart(coded: bytes) -> int:
    found = [match[1][0] for match in _RESTART.finditer(coded)]
    return (found[-1] - 0xD0 + 1) % 8 if found else 0


def _read_markers(data: bytes) -> _Scans:
    """Follow the markers up to the end marker, the end of the bytes, or bytes that are no marker."""
    scans, at = _Scans(), 2
    while (marker := _marker_at(data, at)) is not None:
        at, kind = marker
        if kind == _END:
            return scans
        if 0xD0 <= kind <= 0xD7:
            at += 2
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + size]
        if kind < 0xC0 or kind == _START_OF_IMAGE or size < 2 or at + 2 + size > len(data):
            return scans
        at += 2 + size
        if kind == _START_OF_SCAN:
            at = _read_scan(scans, segment, data, at)
        else:
            _read_segment(scans, kind, segment)
    return scans


def _marker_at(data: bytes, at: int) -> tuple[int, int] | None:
    """Place and kind of the next marker; bytes before it and fill bytes are skipped."""
    at = data.find(b"\xff", at)
    while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:
        at += 1
    return None if at < 0 or at + 1 >= len(data) else (at, data[at + 1])


def _read_segment(scans: _Scans, kind: int, segment: bytes) -> None:
    if kind in _FRAMES and len(segment) > 5:
        scans.is_progressive = kind in _PROGRESSIVE
        ids = segment[6 : 6 + 3 * segment[5] : 3]
        scans.lowest_bits = {each: [None] * _COEFFICIENTS for each in ids}
    elif kind == _RESTART_INTERVAL:
        scans.has_restarts = any(segment)


def _read_scan(scans: _Scans, header: bytes, data: bytes, at: int) -> int:
    """Note what a scan sends; returns where its coded bytes end."""
    count = header[0] if header else 0
    first, last, bits = header[1 + 2 * count : 4 + 2 * count] if len(header) >= 4 + 2 * count else (1, 0, 0)
    if not scans.is_progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for component in header[1 : 1 + 2 * count : 2]:
        sent = scans.lowest_bits.get(component, [])
        for each in range(first, min(last + 1, len(sent))):
            sent[each] = bits & 0x0F
    end = _ENDS_SCAN.search(data, at)
    scans.start, scans.end = at, end.start() if end else len(data)
    return scans.end
