"""Photo bytes: thumbnails, what browsers can show, and originals."""

import io
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from pillow_heif import from_pillow

from core.database import Database
from core.library.pictures.convert import picture_jpeg
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_photo


@pytest.fixture
def photo_id(app: Flask, database: Database, photos: Path) -> int:
    with database.write() as rows:
        return add_photo(rows, photos / "a.jpg", (200, 10, 10)).id


def _size(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


def test_a_thumbnail_is_small_and_kept(browser: Browser, photo_id: int, photos: Path) -> None:
    first = browser.get(f"/photos/{photo_id}/thumbnail")
    assert first.mimetype == "image/jpeg"
    assert _size(first.data) == (480, 320)
    # No longer: a deleted picture would stay in the browser.
    assert first.headers["Cache-Control"] == "private, max-age=86400"
    (photos / "a.jpg").unlink()
    assert browser.get(f"/photos/{photo_id}/thumbnail").data == first.data
    tag = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(f"/photos/{photo_id}/thumbnail", headers=tag).status_code == 304


def test_a_turned_photo_is_shown_upright() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1200, 800)).save(out, "JPEG", exif=exif)
    assert _size(picture_jpeg(out.getvalue(), "JPEG", long_side=480, quality=80)) == (320, 480)


def test_the_original_is_the_file(browser: Browser, photo_id: int, photos: Path) -> None:
    answer = browser.get(f"/photos/{photo_id}/file")
    assert answer.data == (photos / "a.jpg").read_bytes()
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_format_that_browsers_show_is_sent_unchanged(browser: Browser, photo_id: int, photos: Path) -> None:
    assert browser.get(f"/photos/{photo_id}/view").data == (photos / "a.jpg").read_bytes()


@pytest.mark.parametrize("suffix", ["tif", "heic", "jp2"])
def test_other_formats_are_converted(browser: Browser, database: Database, photos: Path, suffix: str) -> None:
    path = photos / f"b.{suffix}"
    image = Image.new("RGB", (300, 200), (10, 200, 10))
    if suffix == "heic":
        from_pillow(image).save(path)
        image.save(photos / "known.png")
    else:
        image.save(path)
    with database.write() as rows:
        photo = add_photo(rows, photos / "known.png" if suffix == "heic" else path, (0, 0, 0))
        if suffix == "heic":
            _become_heif(photo, rows, path)
        photo_id = photo.id
    answer = browser.get(f"/photos/{photo_id}/view")
    assert answer.mimetype == "image/jpeg"
    assert _size(answer.data) == (300, 200)


def _become_heif(photo, rows, path: Path) -> None:
    """Pillow does not open HEIC by itself, so the row is written by hand."""
    import hashlib

    from sqlalchemy import update

    from models import Source

    location = str(path).encode()
    photo.sha256, photo.format = hashlib.sha256(path.read_bytes()).hexdigest(), "HEIF"
    values = {"location": location, "location_sha256": hashlib.sha256(location).digest()}
    rows.execute(update(Source).where(Source.photo_id == photo.id).values(**values))


@pytest.mark.parametrize(
    ("mode", "suffix", "name"),
    [
        ("CMYK", "jpg", "JPEG"),
        ("I;16", "png", "PNG"),
        ("P", "gif", "GIF"),
        ("RGBA", "png", "PNG"),
        ("L", "jpg", "JPEG"),
        ("1", "tif", "TIFF"),
    ],
)
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str, suffix: str, name: str) -> None:
    path = tmp_path / f"x.{suffix}"
    Image.new(mode, (64, 48)).save(path)
    made = Image.open(io.BytesIO(picture_jpeg(path.read_bytes(), name, long_side=480, quality=80)))
    assert (made.mode, made.size) == ("RGB", (64, 48))


@pytest.mark.parametrize("address", ["thumbnail", "view", "file"])
def test_a_file_that_is_gone_or_changed_is_an_error_with_a_code(
    browser: Browser, photo_id: int, photos: Path, address: str
) -> None:
    (photos / "a.jpg").write_bytes(b"something else")
    answer = browser.get(f"/photos/{photo_id}/{address}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (410, "photo_changed")
    (photos / "a.jpg").unlink()
    answer = browser.get(f"/photos/{photo_id}/{address}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (410, "file_gone")


def test_a_missing_photo(browser: Browser, app: Flask) -> None:
    assert browser.get("/photos/77/thumbnail").status_code == 404


@pytest.mark.parametrize(
    ("mode", "value", "grey"), [("I;16", 32768, 128), ("I", 65535, 255), ("F", 0.5, 128)]
)
def test_deep_samples_keep_their_brightness(tmp_path: Path, mode: str, value: float, grey: int) -> None:
    path = tmp_path / "deep.tif"
    Image.new(mode, (32, 32), value).save(path)
    made = Image.open(io.BytesIO(picture_jpeg(path.read_bytes(), "TIFF", long_side=None, quality=95)))
    assert made.getpixel((5, 5))[0] == pytest.approx(grey, abs=2)
