"""Photos of exports: stripped of metadata unless it is kept, covered if asked, named by their format."""

from io import BytesIO

import pytest
from PIL import Image

from core.library.pictures.anonymise import Anonymise, Cover
from core.library.pictures.leaving import AS_STORED, LeavingPictures

_COVER = Cover(points=((0, 0), (20, 0), (20, 48), (0, 48)))
_SECRET = "Secret 52.5"


def _saved(fmt: str) -> bytes:
    exif, out = Image.Exif(), BytesIO()
    exif[0x010F], exif[0x0112] = _SECRET, 6
    Image.new("RGB", (64, 48), "white").save(out, fmt, exif=exif)
    return out.getvalue()


def _opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("fmt", "becomes"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP"), ("TIFF", "JPEG")]
)
def test_metadata_goes_and_the_picture_stays_upright(fmt: str, becomes: str) -> None:
    pictures = LeavingPictures()
    left = _opened(pictures.apply(_saved(fmt), fmt))
    assert left.format == becomes
    assert _SECRET.encode() not in pictures.apply(_saved(fmt), fmt)
    assert pictures.ending(fmt) == {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[becomes]
    # Turned by a quarter: by the orientation that a JPEG keeps, in its pixels otherwise.
    assert (left.size, left.getexif().get(0x0112)) in (((64, 48), 6), ((48, 64), None))


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_covered_pictures_are_upright_and_never_keep_metadata(fmt: str) -> None:
    pictures = LeavingPictures(keep_metadata=True, anonymise=Anonymise.FACE)
    data = pictures.apply(_saved(fmt), fmt, (_COVER,))
    left = _opened(data).convert("RGB")
    assert _SECRET.encode() not in data
    assert left.size == (48, 64)
    assert left.getpixel((5, 5))[0] < 60
    assert left.getpixel((40, 5))[0] > 200


def test_a_file_leaves_as_stored_if_asked() -> None:
    data = _saved("TIFF")
    assert AS_STORED.apply(data, "TIFF") is data
    assert AS_STORED.ending("TIFF") == "tif"
    assert not AS_STORED.changes_bytes
