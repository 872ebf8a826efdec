"""The chunks of a PNG: leave out damaged ones that carry no pixels, as browsers do."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNATURE = 8
#: Length and kind before a chunk's bytes, checksum after them.
_AROUND = 12
#: Chunks of an animation, which only make sense together.
_ANIMATION = frozenset((b"acTL", b"fcTL", b"fdAT"))


@dataclass(frozen=True, kw_only=True)
class _Chunk:
    kind: bytes
    start: int
    end: int

    @property
    def is_ancillary(self) -> bool:
        """Whether a decoder may do without it (PNG specification, 5.4)."""
        return bool(self.kind[0] & 0x20)

    def is_sound(self, data: bytes) -> bool:
        """Whether its checksum is right."""
        return (
            zlib.crc32(data[self.start + 4 : self.end - 4]).to_bytes(4, "big")
            == data[self.end - 4 : self.end]
        )


def without_damaged(data: bytes) -> bytes:
    """The file without ancillary chunks whose checksum is wrong; the same object where there are none."""
    chunks = list(_chunks(data))
    damaged = [chunk for chunk in chunks if chunk.is_ancillary and not chunk.is_sound(data)]
    if not damaged:
        return data
    dropped = {chunk.start for chunk in damaged}
    if any(chunk.kind in _ANIMATION for chunk in damaged):
        dropped |= {chunk.start for chunk in chunks if chunk.kind in _ANIMATION}
    rest = chunks[-1].end if chunks else len(data)
    kept = [data[chunk.start : chunk.end] for chunk in chunks if chunk.start not in dropped]
    return b"".join([data[:_SIGNATURE], *kept, data[rest:]])


def has_end(data: bytes) -> bool:
    """Whether the chunks lead to the end chunk."""
    return any(chunk.kind == b"IEND" for chunk in _chunks(data))


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The whole chunks, up to the end chunk, or to one that reaches beyond the file."""
    at = _SIGNATURE
    while at + _AROUND <= len(data):
        end = at + _AROUND + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        chunk = _Chunk(kind=data[at + 4 : at + 8], start=at, end=end)
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = end
