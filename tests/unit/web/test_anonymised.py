"""Pictures that pages show carry no metadata, and reviewers see faces covered if a setting says so."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask import Flask
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from core.database import Database, read_clock
from core.exports.job_kind import request_export
from core.exports.options import ExportFormat, ExportOptions
from core.exports.store import export_path
from core.labels.decisions import Origin, add_decision
from models import Face, Label, Photo
from tests.review_rows import add_queue
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_photo
from tests.unit.web.test_review import reviewer
from workers.engine import run_batches
from workers.handlers import HANDLERS

__all__ = ["reviewer"]

_JSON = {"Accept": "application/json"}


@pytest.fixture
def face_id(app: Flask, database: Database, photos: Path) -> int:
    """A face in an open queue, in a photo with a position."""
    exif = Image.Exif()
    exif[Base.Make] = "Secret"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    Image.new("RGB", (600, 400), (200, 10, 10)).save(photos / "gps.jpg", exif=exif, comment="Secret")
    with database.write() as rows:
        photo = add_photo(rows, photos / "gps.jpg", (0, 0, 0))
        face = Face(photo_id=photo.id, detector_key="d", ordinal=0, x1=200, y1=100, x2=300, y2=240, score=1,
                    landmarks=[], created_at=read_clock(rows))  # fmt: skip
        rows.add(face)
        rows.flush()
        add_queue(rows, [face.id])
        return face.id


def _get(browser: Browser, address: str, status: int = 200) -> bytes:
    answer = browser.client.get(address, headers=_JSON)
    assert answer.status_code == status, address
    return answer.data


def _pixel(data: bytes, at: tuple[float, float]) -> tuple[int, ...]:
    """The pixel at this fraction of width and height."""
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGB").getpixel((int(at[0] * image.width), int(at[1] * image.height)))


def test_no_picture_of_a_page_carries_metadata(browser: Browser, face_id: int, photos: Path) -> None:
    """The original alone does, which is a link of its own."""
    assert b"Secret" in _get(browser, "/photos/1/file")
    for address in ("/photos/1/view", "/photos/1/thumbnail", f"/faces/{face_id}/crop"):
        data = _get(browser, address)
        assert b"Secret" not in data, address
        with Image.open(BytesIO(data)) as image:
            assert not image.getexif(), address


def test_a_reviewer_does_not_get_the_original(reviewer: Browser, face_id: int) -> None:
    _get(reviewer, "/photos/1/view")
    _get(reviewer, "/photos/1/file", 403)


def _cover(app: Flask, how: str) -> None:
    extension = app.extensions["maskloop"]
    settings = extension.settings.with_changes(reviewer_pictures=how)
    app.extensions["maskloop"] = replace(extension, settings=settings)


@pytest.mark.parametrize(("how", "mouth_shown"), [("eyes", True), ("face", False)])
def test_reviewers_see_faces_covered_and_leads_see_all(
    app: Flask, browser: Browser, reviewer: Browser, face_id: int, how: str, mouth_shown: bool
) -> None:
    eyes, mouth = (250 / 600, 140 / 400), (250 / 600, 215 / 400)
    _get(reviewer, "/photos/1/thumbnail")
    _cover(app, how)
    for address in ("/photos/1/view", "/photos/1/thumbnail"):
        seen = _get(reviewer, address)
        assert _pixel(seen, eyes)[0] < 80, address
        assert (_pixel(seen, mouth)[0] > 150) is mouth_shown, address
        assert _pixel(_get(browser, address), eyes)[0] > 150, address
    crop = _get(reviewer, f"/faces/{face_id}/crop")
    assert _pixel(crop, (0.5, 0.4))[0] < 80
    assert (_pixel(crop, (0.5, 0.72))[0] > 150) is mouth_shown
    assert _pixel(_get(browser, f"/faces/{face_id}/crop"), (0.5, 0.4))[0] > 150


def test_what_a_person_called_no_face_is_shown(
    app: Flask, reviewer: Browser, database: Database, face_id: int
) -> None:
    """A covered picture is asked for again, since the known faces may change."""
    _cover(app, "face")
    before = reviewer.client.get("/photos/1/view")
    assert before.headers["Cache-Control"] == "private, no-cache"
    with database.write() as rows:
        add_decision(rows, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
    after = reviewer.client.get("/photos/1/view", headers={"If-None-Match": before.headers["ETag"]})
    assert _pixel(after.data, (250 / 600, 140 / 400))[0] > 150


def _exported(app: Flask, database: Database, **options: object) -> bytes:
    """The photo in the zip of an export."""
    settings = app.extensions["maskloop"].settings
    with database.write() as rows:
        chosen = ExportOptions(format=ExportFormat.VOC, boxed_only=True, **options)
        job_id = request_export(rows, chosen, title="", account_id=None).id
    run_batches(database, settings, HANDLERS, job_id=job_id)
    with ZipFile(export_path(settings, job_id)) as archive:
        name = next(name for name in archive.namelist() if name.startswith("JPEGImages/"))
        return archive.read(name)


def test_exports_leave_metadata_out_and_cover_faces_if_asked(
    app: Flask, browser: Browser, database: Database, face_id: int
) -> None:
    with database.write() as rows:
        rows.get_one(Photo, 1).boxed_at = read_clock(rows)
    eyes = (250 / 600, 140 / 400)
    assert b"Secret" not in _exported(app, database)
    assert b"Secret" in _exported(app, database, metadata=True)
    assert _pixel(_exported(app, database), eyes)[0] > 150
    covered = _exported(app, database, anonymise="eyes", metadata=True)
    assert _pixel(covered, eyes)[0] < 80
    assert b"Secret" not in covered


def test_a_deleted_picture_says_so_wherever_it_would_be(
    browser: Browser, database: Database, face_id: int
) -> None:
    """Browsers show the drawing, programs get the code."""
    with database.write() as rows:
        rows.get_one(Photo, 1).erased_at = read_clock(rows)
    for address in ("/photos/1/view", "/photos/1/thumbnail", f"/faces/{face_id}/crop"):
        shown = browser.get(address, headers={"Accept": "image/avif,image/*,*/*"})
        assert (shown.status_code, shown.mimetype) == (410, "image/svg+xml"), address
        assert "Picture deleted" in shown.text
        answer = browser.client.get(address, headers=_JSON)
        assert (answer.status_code, answer.json["error"]["code"]) == (410, "photo_erased"), address
    assert _get(browser, "/photos/1/file", 410)
