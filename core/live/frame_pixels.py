"""The pixels of a camera frame, and how faces are detected in them."""

from core.detection.decode import decode_photo
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto, PhotoLimits
from core.errors import InputError
from core.live.frame import LONGEST_SIDE, MAX_BYTES, Frame

#: One pass at the frame's own size with few weak candidates, so that frames take about equally long.
FRAME_OPTIONS = DetectionOptions(smallest_face=40.0, score_threshold=0.5)

_LIMITS = PhotoLimits(max_pixels=LONGEST_SIDE**2, max_bytes=MAX_BYTES)


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
