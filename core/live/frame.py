"""A frame of a camera as it comes over the connection: its number and a small JPEG."""

import struct
from dataclasses import dataclass

from core.detection.decode import decode_photo
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto, PhotoLimits
from core.errors import InputError

#: Pixels of the longer side; one look of the detector sees all of it.
LONGEST_SIDE = 640
#: A JPEG of that size in good quality has a fifth of this.
MAX_BYTES = 256 * 1024
#: One look at the frame's own size, and few weak candidates: what a frame costs hardly varies.
FRAME_OPTIONS = DetectionOptions(smallest_face=40.0, score_threshold=0.5)

_NUMBER = struct.Struct(">I")
_JPEG = b"\xff\xd8\xff"
_LIMITS = PhotoLimits(max_pixels=LONGEST_SIDE**2, max_bytes=MAX_BYTES)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The sender's number for it, and its bytes, not looked at yet."""

    number: int
    jpeg: bytes


def read_frame(message: bytes) -> Frame:
    """Four bytes, the number with the highest byte first, then a JPEG.

    Raises InputError: frame_too_large, frame_malformed. No pixel is decoded.
    """
    if len(message) > _NUMBER.size + MAX_BYTES:
        raise InputError(
            "frame_too_large", f"A frame has at most {MAX_BYTES:,} bytes; this one has {len(message):,}."
        )
    jpeg = message[_NUMBER.size :]
    if not jpeg.startswith(_JPEG):
        raise InputError("frame_malformed", "A frame is a number of four bytes and a JPEG.")
    return Frame(number=_NUMBER.unpack_from(message)[0], jpeg=jpeg)


def decode_frame(frame: Frame) -> DecodedPhoto:
    """The frame's pixels; InputError frame_too_large or frame_malformed."""
    try:
        photo = decode_photo(frame.jpeg, limits=_LIMITS)
    except InputError as error:
        is_large = error.code.startswith("photo_too_large")
        raise InputError("frame_too_large" if is_large else "frame_malformed", error.message) from error
    if max(photo.width, photo.height) > LONGEST_SIDE:
        raise InputError("frame_too_large", f"A frame has at most {LONGEST_SIDE} pixels a side.")
    return photo
