"""Frames: read, and refused before anything costly happens."""

import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image

from core.errors import InputError
from core.live.frame import LONGEST_SIDE, MAX_BYTES, Frame, read_frame
from core.live.frame_pixels import decode_frame
from tests.live import message, portrait_frame


def jpeg_of(width: int, height: int) -> bytes:
    data = BytesIO()
    Image.new("RGB", (width, height)).save(data, "JPEG")
    return data.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    jpeg = jpeg_of(16, 16)
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def test_a_frame_is_its_number_and_its_picture() -> None:
    frame = read_frame(message(4_000_000_000, portrait_frame()))
    assert frame.number == 4_000_000_000
    photo = decode_frame(frame)
    assert (photo.width, photo.height, photo.scale) == (640, 480, 1.0)


@pytest.mark.parametrize(
    "sent", [b"", b"\0", b"\0\0\0\1", b"\0\0\0\1GIF89a", b"not a frame at all", zlib.compress(b"x")]
)
def test_what_is_no_frame_is_malformed(sent: bytes) -> None:
    with pytest.raises(InputError) as error:
        read_frame(sent)
    assert error.value.code == "frame_malformed"


def test_a_frame_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(InputError) as error:
        read_frame(message(1, b"\xff\xd8\xff" + bytes(MAX_BYTES)))
    assert error.value.code == "frame_too_large"


@pytest.mark.parametrize("size", [(LONGEST_SIDE + 1, 8), (8, LONGEST_SIDE + 1), (60_000, 60_000), (641, 641)])
def test_a_frame_of_too_many_pixels_is_refused_without_decoding(size: tuple[int, int]) -> None:
    jpeg = jpeg_of(*size) if max(size) < 1000 else claiming(*size)
    began = time.process_time()
    with pytest.raises(InputError) as error:
        decode_frame(Frame(number=1, jpeg=jpeg))
    assert error.value.code == "frame_too_large"
    assert time.process_time() - began < 0.2


def test_a_cut_frame_is_malformed() -> None:
    jpeg = portrait_frame()
    with pytest.raises(InputError) as error:
        decode_frame(Frame(number=1, jpeg=jpeg[: len(jpeg) // 2]))
    assert error.value.code == "frame_malformed"
