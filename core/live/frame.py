"""A camera frame on the wire: its number and a small JPEG."""

import struct
from dataclasses import dataclass

from core.detection.decode import decode_photo
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto, PhotoLimits
from core.errors import InputError

#: Pixels of the longer side, which the detector processes in one pass.
LONGEST_SIDE = 640
#: About five times a JPEG of that size in good quality.
MAX_BYTES = 256 * 1024
#: One pass at the frame's own size with few weak candidates, so that frames take about equally long.
FRAME_OPTIONS = DetectionOptions(smallest_face=40.0, score_threshold=0.5)

_NUMBER = struct.Struct(">I")
_JPEG = b"\xff\xd8\xff"
_LIMITS = PhotoLimits(max_pixels=LONGEST_SIDE**2, max_bytes=MAX_BYTES)


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


def decode_frame(frame: Frame) -> DecodedPhoto:
    """Decode the frame; InputError frame_too_large or frame_malformed."""
    try:
        photo = decode_photo(frame.jpeg, limits=_LIMITS)
    except InputError as error:
        is_large = error.code.startswith("photo_too_large")
        raise InputError("frame_too_large" if is_large else "frame_malformed", error.message) from error
    if max(photo.width, photo.height) > LONGEST_SIDE:
        raise InputError("frame_too_large", f"A frame may have at most {LONGEST_SIDE} pixels a side.")
    return photo
