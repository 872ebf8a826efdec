"""annotated.zip, read back with zipfile and Pillow."""

import csv
import io
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
from PIL import Image

from core.database import Database
from core.errors import InputError, PermanentError
from core.labels.shown_label import ShownLabel
from core.results.reports.annotated_zip import ArchiveNames, safe_name
from core.results.reports.annotation import LABEL_COLOURS
from core.results.reports.rows import PhotoRow
from models import ReportFormat
from tests.unit.results.reports.conftest import ODD_NAMES
from tests.unit.results.reports.made_job import write


def _zip(db: Database, job_id: int, folder: Path, jpeg: bytes) -> ZipFile:
    written = write(db, job_id, ReportFormat.ANNOTATED_ZIP, folder, open_bytes=lambda _row: jpeg)
    return ZipFile(written.path)


def _errors(archive: ZipFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read("errors.csv").decode("utf-8"), newline="")))


def _has(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    distance = np.abs(np.asarray(image, np.int16) - np.array(colour, np.int16)).max(axis=2)
    return bool((distance < 24).sum() > 50)


def test_photos_in_their_folders_and_errors_beside(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    with _zip(made_db, mixed_job, tmp_path, jpeg) as archive:
        assert archive.namelist() == [
            "a/one.jpg", "b/one again.jpg", "nobody.jpg", "moving.gif.jpg", "doubt.jpg", "errors.csv",
            "attributions.csv",
        ]  # fmt: skip
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
        assert _errors(archive) == [
            ["photo", "error_code", "error_message"],
            ["broken.jpg", "photo_truncated", "It is photo_truncated."],
            ["bytes \\xff.jpg", "not_an_image", "It is not_an_image."],
        ]


def test_boxes_have_the_colours_of_their_labels(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    with _zip(made_db, mixed_job, tmp_path, jpeg) as archive:
        images = {name: Image.open(archive.open(name)) for name in archive.namelist() if "jpg" in name}
        assert {image.size for image in images.values()} == {(640, 480)}
        shown = {
            name: {label for label in ShownLabel if _has(image, LABEL_COLOURS[label])}
            for name, image in images.items()
        }
    assert shown["a/one.jpg"] == {ShownLabel.WITH_MASK, ShownLabel.WITHOUT_MASK}
    assert shown["moving.gif.jpg"] == {ShownLabel.INCORRECT}
    assert shown["doubt.jpg"] == {ShownLabel.WITH_MASK, ShownLabel.INDETERMINATE}
    assert shown["nobody.jpg"] == set()


def test_odd_names_are_safe_and_each_is_there(
    made_db: Database, odd_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    with _zip(made_db, odd_job, tmp_path, jpeg) as archive:
        names = archive.namelist()
        assert len({name.casefold() for name in names}) == len(ODD_NAMES) + 2
        for name in names:
            parts = name.split("/")
            assert not name.startswith("/") and "\\" not in name and ":" not in name
            assert ".." not in parts and "" not in parts and all(part >= " " for part in name)
        archive.extractall(tmp_path / "out")
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == len(ODD_NAMES) + 2


def test_a_photo_that_is_gone_is_an_error_line(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    def open_bytes(row: PhotoRow) -> bytes:
        if row.name == "doubt.jpg":
            raise InputError("file_gone", "It went.")
        return jpeg if row.name != "nobody.jpg" else jpeg[:200]

    written = write(made_db, mixed_job, ReportFormat.ANNOTATED_ZIP, tmp_path, open_bytes=open_bytes)
    with ZipFile(written.path) as archive:
        codes = {name: code for name, code, _ in _errors(archive)[1:]}
    assert written.rows == 3
    assert codes["doubt.jpg"] == "file_gone"
    assert codes["nobody.jpg"] == "photo_truncated"


def test_without_photos_it_says_so(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        write(made_db, mixed_job, ReportFormat.ANNOTATED_ZIP, tmp_path)
    assert caught.value.code == "photos_not_given"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("/abs/./x.jpg", "abs/x.jpg"),
        ("C:\\x.jpg", "C__x.jpg"),
        ("con.jpg", "_con.jpg"),
        ("a./b ", "a_/b_"),
        ("写真/マスク.jpg", "写真/マスク.jpg"),
        ("line\nbreak\u202egpj.exe", "line_break_gpj.exe"),
        ("", ""),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_clashing_names_are_told_apart() -> None:
    names = ArchiveNames()
    given = [
        names.take(name, n) for n, name in enumerate(["a.png", "A.PNG.jpg", "a.png", "a.png (2).jpg", ""])
    ]
    assert given == ["a.png.jpg", "A.PNG (1).jpg", "a.png (2).jpg", "a.png (2) (3).jpg", "photo.jpg"]


def test_long_names_keep_their_end() -> None:
    name = safe_name("写" * 300 + ".jpg")
    assert len(name.encode()) <= 200
    assert name.endswith("写.jpg")


def test_a_bug_that_one_photo_sets_off_is_listed_with_its_code(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    def open_bytes(row: PhotoRow) -> bytes:
        if row.name == "nobody.jpg":
            raise ZeroDivisionError("a bug")
        return jpeg

    written = write(made_db, mixed_job, ReportFormat.ANNOTATED_ZIP, tmp_path, open_bytes=open_bytes)
    with ZipFile(written.path) as archive:
        assert "nobody.jpg" not in archive.namelist() and "doubt.jpg" in archive.namelist()
        assert ["nobody.jpg", "unexpected_error", "ZeroDivisionError: a bug"] in _errors(archive)
