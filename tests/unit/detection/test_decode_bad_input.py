"""Every kind of bad file is an InputError with its code, at little cost."""

import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from core.detection.decode import decode_photo
from core.detection.photo import PhotoLimits
from core.errors import InputError
from core.samples import encoding

RGB = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
WHOLE = {
    "JPEG": encoding.jpeg(RGB),
    "progressive": encoding.jpeg(RGB, progressive=True),
    "CMYK": encoding.cmyk_jpeg(RGB),
    "HEIF": encoding.heic(RGB),
}
for _kind in ("PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"):
    WHOLE[_kind] = encoding.saved(Image.fromarray(RGB), _kind)
_VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0isom"


def code_of(data: bytes, limits: PhotoLimits | None = None) -> str:
    with pytest.raises(InputError) as caught:
        decode_photo(data, limits=limits or PhotoLimits())
    assert caught.value.message.endswith(".")
    return caught.value.code


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_is_an_error_never_grey_pixels(kind: str, share: float) -> None:
    data = WHOLE[kind]
    assert code_of(data[: int(len(data) * share)]) == "photo_truncated"


@pytest.mark.parametrize("min_scale", [1.0, 0.5, 0.125])
def test_truncated_is_found_at_every_scale(min_scale: float) -> None:
    with pytest.raises(InputError) as caught:
        decode_photo(WHOLE["JPEG"][:-40], min_scale=min_scale)
    assert caught.value.code == "photo_truncated"


def test_empty() -> None:
    assert code_of(b"") == "empty_file"


@pytest.mark.parametrize("data", [b"x", b"hello " * 50, b"<!DOCTYPE html>", bytes(500), b"PK\3\4abcd"])
def test_not_an_image(data: bytes) -> None:
    assert code_of(data) == "not_an_image"


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7", b"8BPS\0\1", b"<svg xmlns=''>", b"\xff\x0a\0", b"II*\0\x10\0\0\0CR\2\0", _VIDEO],
)
def test_unsupported_formats(data: bytes) -> None:
    assert code_of(data) == "format_not_supported"


def test_bomb_is_refused_from_its_header() -> None:
    tracemalloc.start()
    started = time.perf_counter()
    assert code_of(encoding.bomb_png(60_000, 60_000)) == "photo_too_large_pixels"
    assert time.perf_counter() - started < 0.5
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def with_size(kind: str, old: bytes, new: bytes) -> bytes:
    assert old in WHOLE[kind]
    return WHOLE[kind].replace(old, new, 1)


def test_bombs_of_other_formats() -> None:
    large = (60_000).to_bytes(2, "big")
    jpeg = with_size("JPEG", b"\x08\x00\x3c\x00\x50\x03", b"\x08" + large + large + b"\x03")
    gif = with_size("GIF", b"GIF87a\x50\x00\x3c\x00", b"GIF87a\xff\xff\xff\xff")
    bmp = with_size("BMP", b"\x50\0\0\0\x3c\0\0\0", (60_000).to_bytes(4, "little") * 2)
    size = (80).to_bytes(4, "big") + (60).to_bytes(4, "big")
    avif = with_size("AVIF", size, (60_000).to_bytes(4, "big") * 2)
    at = WHOLE["HEIF"].index(b"ispe") + 8
    heic = WHOLE["HEIF"][:at] + (60_000).to_bytes(4, "big") * 2 + WHOLE["HEIF"][at + 8 :]
    for data in (jpeg, gif, bmp, avif, heic):
        assert code_of(data) == "photo_too_large_pixels"


def test_a_line_that_is_longer_than_any_jpeg_is_refused_from_its_header() -> None:
    assert code_of(encoding.bomb_png(65_536, 1)) == "photo_too_large_pixels"
    assert code_of(encoding.bomb_png(1, 65_536)) == "photo_too_large_pixels"
    assert code_of(encoding.bomb_png(65_535, 1)) != "photo_too_large_pixels"


@pytest.mark.parametrize("kind", WHOLE)
def test_the_pixel_limit_holds_for_every_format(kind: str) -> None:
    assert code_of(WHOLE[kind], PhotoLimits(max_pixels=80 * 60 - 1)) == "photo_too_large_pixels"
    assert decode_photo(WHOLE[kind], limits=PhotoLimits(max_pixels=80 * 64)).width == 80


def test_too_many_bytes() -> None:
    data = WHOLE["PNG"]
    assert code_of(data, PhotoLimits(max_bytes=len(data) - 1)) == "photo_too_large_bytes"
    assert decode_photo(data, limits=PhotoLimits(max_bytes=len(data))).width == 80


def test_damaged_png_says_so() -> None:
    data = bytearray(WHOLE["PNG"])
    data[len(data) // 2] ^= 0xFF
    assert code_of(bytes(data)) == "photo_damaged"


def test_bugs_of_our_own_are_not_reported_as_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong flag for OpenCV must stop everything, not mark every photo as damaged."""
    monkeypatch.setattr("core.detection.decode._REDUCED_FLAGS", {1: 257})
    with pytest.raises(Exception, match="IMREAD_COLOR") as caught:
        decode_photo(WHOLE["JPEG"])
    assert not isinstance(caught.value, InputError)


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        PhotoLimits(max_pixels=0)
