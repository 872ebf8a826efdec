"""Crops of faces: position, cache, and crops of rotated and large photos."""

import io

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from core.database import Database, read_clock
from core.library.pictures.convert import face_jpeg
from models import Face, Photo
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_photo


def _picture(size: tuple[int, int], box: tuple[int, int, int, int], *, turned: bool = False) -> bytes:
    """A white photo with a red face; `turned` stores it rotated, with the matching EXIF orientation."""
    image, out, exif = Image.new("RGB", size, "white"), io.BytesIO(), Image.Exif()
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(220, 20, 20))
    if turned:
        image, exif[0x0112] = image.transpose(Image.Transpose.ROTATE_90), 6
    image.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("factor", [1, 8])
def test_the_face_is_in_the_centre_of_its_crop(turned: bool, factor: int) -> None:
    box = tuple(factor * edge for edge in (200, 100, 300, 200))
    data = _picture((600 * factor, 400 * factor), box, turned=turned)
    crop = Image.open(io.BytesIO(face_jpeg(data, "JPEG", box=box, side=112, context=1.8)))
    assert crop.size == (112, 112)
    red = [x for x in range(112) if crop.getpixel((x, 56))[1] < 120]
    assert (red[0], red[-1]) == (pytest.approx(25, abs=2), pytest.approx(86, abs=2))
    assert crop.getpixel((56, 10))[1] > 200


def test_the_crop_is_black_outside_the_photo() -> None:
    crop = Image.open(
        io.BytesIO(
            face_jpeg(_picture((100, 100), (0, 0, 60, 60)), "JPEG", box=(0, 0, 60, 60), side=112, context=1.8)
        )
    )
    assert max(crop.getpixel((3, 3))) < 20


@pytest.fixture
def face_id(app: Flask, database: Database, photos) -> int:
    with database.write() as rows:
        photo = add_photo(rows, photos / "a.jpg", (200, 10, 10))
        face = Face(photo_id=photo.id, detector_key="d", ordinal=0, x1=10, y1=10, x2=60, y2=60, score=1,
                    landmarks=[], created_at=read_clock(rows))  # fmt: skip
        rows.add(face)
        rows.flush()
        return face.id


def test_a_crop_is_cached(browser: Browser, face_id: int, photos) -> None:
    first = browser.get(f"/faces/{face_id}/crop?side=448")
    assert (first.status_code, Image.open(io.BytesIO(first.data)).size) == (200, (448, 448))
    (photos / "a.jpg").unlink()
    assert browser.get(f"/faces/{face_id}/crop?side=448").data == first.data
    tag = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(f"/faces/{face_id}/crop?side=448", headers=tag).status_code == 304


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("what", ["crop", "thumbnail"])
def test_nothing_stays_of_a_photo_that_went_while_its_picture_was_made(
    browser: Browser,
    database: Database,
    face_id: int,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    removed: bool,
) -> None:
    from web.faces import crop
    from web.photos import thumbnail

    def goes_meanwhile(*_given: object, **_named: object) -> bytes:
        with database.write() as rows:
            photo = rows.get_one(Photo, 1)
            if removed:
                rows.delete(rows.get_one(Face, face_id))
                rows.delete(photo)
            else:
                photo.erased_at = read_clock(rows)
        return b"picture"

    monkeypatch.setattr(crop, "face_jpeg", goes_meanwhile)
    monkeypatch.setattr(thumbnail, "picture_jpeg", goes_meanwhile)
    address = f"/faces/{face_id}/crop" if what == "crop" else "/photos/1/thumbnail"
    assert browser.get(address).status_code == 410
    data = browser.client.application.extensions["maskloop"].settings.data
    assert [path for path in data.rglob("*.jpg") if path.is_file()] == []


def test_unknown_sides_and_faces_are_refused(browser: Browser, face_id: int) -> None:
    assert browser.get(f"/faces/{face_id}/crop?side=99").status_code == 400
    assert browser.get("/faces/999/crop").status_code == 404
