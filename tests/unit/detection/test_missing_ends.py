"""Files with damage that touches no pixel are read with a note; files that are really cut are not."""

import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.detection.decode import decode_photo
from core.detection.photo import PhotoNote
from core.errors import InputError
from core.samples import encoding
from core.samples.portrait import whole_portrait

EOI = b"\xff\xd9"


def picture() -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(whole_portrait().rgb[60:220, 100:301]))


def jpeg(image: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


#: Every way in which a JPEG sends its pixels.
JPEGS: dict[str, Callable[[], bytes]] = {
    "baseline": lambda: jpeg(picture(), quality=85),
    "optimised": lambda: jpeg(picture(), quality=85, optimize=True),
    "full colour": lambda: jpeg(picture(), quality=90, subsampling=0),
    "progressive": lambda: jpeg(picture(), quality=85, progressive=True),
    "restarts": lambda: jpeg(picture(), quality=85, restart_marker_blocks=4),
    "progressive, restarts": lambda: jpeg(picture(), quality=85, progressive=True, restart_marker_rows=2),
    "grey": lambda: jpeg(picture().convert("L"), quality=85),
    "CMYK": lambda: encoding.cmyk_jpeg(np.asarray(picture())),
    "camera": lambda: encoding.turned_jpeg(np.asarray(picture()), 6),
}


@pytest.fixture(params=JPEGS)
def whole(request: pytest.FixtureRequest) -> bytes:
    made = JPEGS[request.param]()
    assert made.endswith(EOI)
    return made


def code_of(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        decode_photo(data)
    return caught.value.code


@pytest.mark.parametrize(
    "garbage",
    [b"", bytes(5000), b"\xff" * 40, b"\xff", b"\r\n<!-- end of upload -->\r\n", bytes(range(1, 255)) * 9],
)
def test_a_jpeg_without_its_end_has_the_same_pixels(whole: bytes, garbage: bytes) -> None:
    found = decode_photo(whole.removesuffix(EOI) + garbage)
    assert found.notes == (PhotoNote.END_MISSING,)
    expected = decode_photo(whole)
    assert (found.rgb == expected.rgb).all()
    assert expected.notes == ()
    assert (found.width, found.height) == (expected.width, expected.height)


def test_a_reduced_decode_reads_it_too(whole: bytes) -> None:
    found = decode_photo(whole.removesuffix(EOI), min_scale=0.25)
    assert (found.rgb == decode_photo(whole, min_scale=0.25).rgb).all()


def test_a_cut_jpeg_is_refused_wherever_it_is_cut(whole: bytes) -> None:
    """The last bytes may hold only the padding of the last block, or a change that no pixel shows."""
    body = whole.removesuffix(EOI)
    places = [
        *range(len(body) // 40, len(body) - 60, len(body) // 40),
        *range(len(body) - 60, len(body) - 4, 5),
    ]
    for place in places:
        assert code_of(body[:place]) == "photo_truncated", f"cut at {place} of {len(body)}"


@pytest.mark.parametrize("padding", [bytes(4000), b"\xff" * 4000])
def test_a_cut_jpeg_that_was_padded_is_refused(whole: bytes, padding: bytes) -> None:
    """An interrupted download may leave a file of full length that is zero from the cut on."""
    body = whole.removesuffix(EOI)
    for share in (0.4, 0.7, 0.9, 0.98):
        assert code_of(body[: int(len(body) * share)] + padding) == "photo_truncated"


def test_a_cut_where_a_restart_is_due_is_refused() -> None:
    body = JPEGS["restarts"]().removesuffix(EOI)
    restarts = [at for at in range(len(body) - 1) if body[at] == 0xFF and 0xD0 <= body[at + 1] <= 0xD7]
    assert len(restarts) > 10
    for at in restarts[3::9]:
        assert code_of(body[:at]) == "photo_truncated"
        assert code_of(body[: at + 2]) == "photo_truncated"


def test_a_cut_between_the_scans_of_a_progressive_jpeg_is_refused() -> None:
    body = JPEGS["progressive"]().removesuffix(EOI)
    scans = [at for at in range(len(body) - 1) if body[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for at in scans[1:]:
        assert code_of(body[:at]) == "photo_truncated"


def chunk(kind: bytes, body: bytes, *, damaged: bool) -> bytes:
    checksum = zlib.crc32(kind + body) ^ (0x5A5A if damaged else 0)
    return len(body).to_bytes(4, "big") + kind + body + checksum.to_bytes(4, "big")


def png(mode: str = "RGB") -> bytes:
    return encoding.saved(picture().convert(mode), "PNG")


def with_chunk(data: bytes, added: bytes, *, before: bytes) -> bytes:
    at = data.index(before) - 4
    return data[:at] + added + data[at:]


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"pHYs", b"gAMA", b"tIME", b"prVt"]
)
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_a_png_with_a_damaged_checksum_beside_its_pixels_is_read(kind: bytes, before: bytes) -> None:
    found = decode_photo(with_chunk(png(), chunk(kind, b"Comment\0\0ok", damaged=True), before=before))
    assert found.notes == (PhotoNote.CHUNK_DAMAGED,)
    assert (found.rgb == np.asarray(picture())).all()


def test_a_sound_png_has_no_note() -> None:
    sound = with_chunk(png(), chunk(b"tEXt", b"Comment\0ok", damaged=False), before=b"IDAT")
    assert decode_photo(sound).notes == ()


def test_a_damaged_animation_chunk_leaves_the_first_frame() -> None:
    data = bytearray(encoding.animated(np.asarray(picture()), "PNG", frames=3))
    at = data.index(b"fcTL", data.index(b"IDAT"))
    data[at + 4 + 26] ^= 0xFF
    found = decode_photo(bytes(data))
    assert (found.frames, found.notes) == (1, (PhotoNote.CHUNK_DAMAGED,))
    assert (found.rgb == np.asarray(picture())).all()


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE", b"IDAT"])
def test_a_damaged_chunk_of_the_picture_is_refused(kind: bytes) -> None:
    data = bytearray(png("P"))
    at = data.index(kind)
    data[at + 5] ^= 0x01
    assert code_of(bytes(data)) == "photo_damaged"


def test_a_cut_png_is_refused_wherever_it_is_cut() -> None:
    data = png()
    last = data.index(b"IEND") - 4
    for place in range(40, last - 12, len(data) // 50):
        assert code_of(data[:place]) == "photo_truncated", f"cut at {place} of {len(data)}"


def damaged_in_the_middle(kind: str) -> NDArray[np.uint8]:
    data = np.frombuffer(encoding.saved(picture(), kind), np.uint8).copy()
    data[len(data) // 3 : len(data) // 2] = 0xFF
    return data


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_file_of_full_length_is_not_called_cut(kind: str) -> None:
    try:
        decode_photo(damaged_in_the_middle(kind).tobytes())
    except InputError as error:
        assert error.code == "photo_damaged"
