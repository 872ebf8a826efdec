"""A camera frame on the wire: its number and a small JPEG."""

import struct
from dataclasses import dataclass

from core.errors import InputError

#: Pixels of the longer side, which the detector processes in one pass.
LONGEST_SIDE = 640
#: About five times a JPEG of that size in good quality.
MAX_BYTES = 256 * 1024

_NUMBER = struct.Struct(">I")
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The sender's number and the JPEG, not decoded yet."""

    number: int
    jpeg: bytes


def read_frame(message: bytes) -> Frame:
    """Read a message: a big-endian 32-bit number, then a JPEG, which is not decoded.

    Raises InputError frame_too_large or frame_malformed.
    """
    if len(message) > _NUMBER.size + MAX_BYTES:
        raise InputError(
            "frame_too_large", f"A frame may have at most {MAX_BYTES:,} bytes; this one has {len(message):,}."
        )
    jpeg = message[_NUMBER.size :]
    if not jpeg.startswith(_JPEG):
        raise InputError("frame_malformed", "A frame must be a number of four bytes and a JPEG.")
    return Frame(number=_NUMBER.unpack_from(message)[0], jpeg=jpeg)
