"""EXIF: time, time zone and camera of a shot; what cannot be read leaves the rest."""

from io import BytesIO

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from core.database import Database
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.shot import Shot
from core.library.fingerprints.store import save_missing_shots
from models import Photo
from tests.labelled import add_photo

TIME = "2026:03:01 07:10:09"


def jpeg(first: dict[int, object], shot: dict[int, object]) -> bytes:
    exif = Image.Exif()
    exif.update(first)
    exif.get_ifd(IFD.Exif).update(shot)
    file = BytesIO()
    Image.new("RGB", (32, 24)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_time_zone_and_camera_are_read() -> None:
    data = jpeg(
        {Base.Make: "SONY", Base.Model: "ILCE-7M3\0"},
        {Base.DateTimeOriginal: TIME, Base.OffsetTimeOriginal: "-03:30", Base.SubsecTimeOriginal: "25"},
    )
    assert read_shot(data) == Shot(
        taken_at="2026-03-01T07:10:09.25", taken_offset=-210, camera="SONY ILCE-7M3"
    )


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "", "NIKON CORPORATION"),
        ("", "Kiosk\n  cam 2 ", "Kiosk cam 2"),
        ("", "", ""),
        ("x" * 200, "y", "x" * 120),
    ],
)
def test_a_camera_has_one_name(make: str, model: str, camera: str) -> None:
    assert read_shot(jpeg({Base.Make: make, Base.Model: model}, {})).camera == camera


@pytest.mark.parametrize("offset", ["+25:00", "Z", "+01:75", "0100", ""])
def test_an_odd_time_zone_leaves_the_time(offset: str) -> None:
    shot = read_shot(jpeg({}, {Base.DateTimeOriginal: TIME, Base.OffsetTimeOriginal: offset}))
    assert (shot.taken_at, shot.taken_offset) == ("2026-03-01T07:10:09", None)


@pytest.mark.parametrize("time", ["0000:00:00 00:00:00", "yesterday", ""])
def test_an_odd_time_leaves_the_camera(time: str) -> None:
    shot = read_shot(jpeg({Base.Model: "X100"}, {Base.DateTimeOriginal: time}))
    assert shot == Shot(camera="X100")


def test_bytes_that_are_no_photo_have_no_shot() -> None:
    assert read_shot(b"\xff\xd8\xff nothing") == read_shot(b"") == Shot()


def test_only_photos_that_were_never_read_are_filled_in(db: Database) -> None:
    with db.write() as session:
        before, read = add_photo(session, "before.jpg"), add_photo(session, "read.jpg")
        read.camera = ""
        session.flush()
        shot = Shot(taken_at="2026-03-01T07:10:09", taken_offset=60, camera="X100")
        save_missing_shots(session, {before.id: shot, read.id: shot})
    with db.read() as session:
        found = [session.get_one(Photo, each.id) for each in (before, read)]
    assert [(p.camera, p.taken_at, p.taken_offset) for p in found] == [
        ("X100", "2026-03-01T07:10:09", 60),
        ("", None, None),
    ]
