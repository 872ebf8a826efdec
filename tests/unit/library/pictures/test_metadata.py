"""Files leave without what the camera wrote beside the pixels, and show the same picture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from core.library.pictures.metadata import without_metadata

_SECRET = b"Kodak Secret 52.5200"
_XMP = b"<x:xmpmeta>" + _SECRET + b"</x:xmpmeta>"


def _picture(width: int = 64, height: int = 48) -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)
    return Image.fromarray(noise)


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = _SECRET.decode()
    exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    return exif


def _saved(fmt: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = BytesIO()
    (image or _picture()).save(out, fmt, **options)
    return out.getvalue()


def _png_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", _SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    return info


_FILES = {
    "baseline.jpg": ("JPEG", _saved("JPEG", exif=_exif(), comment=_SECRET, xmp=_XMP)),
    "progressive.jpg": ("JPEG", _saved("JPEG", exif=_exif(), progressive=True, restart_marker_rows=1)),
    "turned.jpg": ("JPEG", _saved("JPEG", exif=_exif(6))),
    "trailer.jpg": ("JPEG", _saved("JPEG") + _SECRET),
    "text.png": ("PNG", _saved("PNG", exif=_exif(), pnginfo=_png_text())),
    "trailer.png": ("PNG", _saved("PNG") + _SECRET),
    "animated.png": ("PNG", _saved("PNG", save_all=True, append_images=[_picture()], pnginfo=_png_text())),
    "photo.webp": ("WEBP", _saved("WEBP", exif=_exif(), xmp=_XMP) + _SECRET),
    "lossless.webp": ("WEBP", _saved("WEBP", exif=_exif(), xmp=_XMP, lossless=True)),
    "comment.gif": ("GIF", _saved("GIF", comment=_SECRET) + _SECRET),
    "animated.gif": (
        "GIF",
        _saved("GIF", save_all=True, append_images=[_picture().rotate(180)], loop=0, comment=_SECRET),
    ),
}


def _frames(data: bytes) -> list[np.ndarray]:
    with Image.open(BytesIO(data)) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
        return frames


@pytest.mark.parametrize("name", _FILES)
def test_the_pixels_stay_and_everything_else_goes(name: str) -> None:
    """The samples do hold the secret or a position before."""
    fmt, data = _FILES[name]
    stripped = without_metadata(data, fmt)
    assert stripped is not None
    assert _SECRET in data or b"Exif" in data
    assert _SECRET not in stripped
    before, after = _frames(data), _frames(stripped)
    assert len(before) == len(after)
    assert all((one == other).all() for one, other in zip(before, after, strict=True))
    with Image.open(BytesIO(stripped)) as image:
        assert set(image.getexif()) <= {Base.Orientation}
        assert not image.getexif().get_ifd(IFD.GPSInfo)
        assert not image.info.keys() & {"comment", "xmp", "XML:com.adobe.xmp", "Author"}
    assert without_metadata(stripped, fmt) == stripped


def test_the_colour_profile_stays() -> None:
    """Without it, a picture in another colour space would be shown in other colours."""
    profile = b"\0" * 128 + b"profile" * 40_000
    for fmt in ("JPEG", "PNG", "WEBP"):
        stripped = without_metadata(_saved(fmt, icc_profile=profile, exif=_exif()), fmt)
        assert stripped is not None
        with Image.open(BytesIO(stripped)) as image:
            assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_a_turned_png_or_webp_is_left_to_be_encoded_anew(fmt: str) -> None:
    """Not every viewer turns them, so the pixels must be turned."""
    assert without_metadata(_saved(fmt, exif=_exif(6)), fmt) is None


@pytest.mark.parametrize("name", _FILES)
def test_a_damaged_file_is_refused_or_stripped_and_never_ends_in_another_error(name: str) -> None:
    """Cut at every length, and with any byte changed: the secret never comes through in a result."""
    fmt, data = _FILES[name]
    random = np.random.default_rng(5)
    for end in random.integers(0, len(data), 150):
        stripped = without_metadata(data[:end], fmt)
        assert stripped is None or _SECRET not in stripped
    for place in random.integers(0, len(data), 150):
        without_metadata(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :], fmt)


def test_formats_that_cannot_be_stripped_are_named() -> None:
    """TIFF and the rest are encoded anew by the caller."""
    assert without_metadata(_saved("TIFF"), "TIFF") is None
    assert without_metadata(b"", "HEIF") is None


def test_the_small_picture_inside_a_jfif_segment_goes() -> None:
    """It shows the photo as it was before somebody covered something."""
    plain = _saved("JPEG", exif=b"")
    assert plain[2:4] == b"\xff\xe0"
    preview = b"\x01\x01" + b"\x10\x20\x30"
    length = 16 + 3
    with_preview = plain[:4] + length.to_bytes(2, "big") + plain[6:18] + preview + plain[20:]
    assert Image.open(BytesIO(with_preview)).size == (64, 48)
    stripped = without_metadata(with_preview, "JPEG")
    assert stripped == without_metadata(plain, "JPEG")
    assert stripped is not None and preview not in stripped
