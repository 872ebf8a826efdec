"""faces.csv and photos.csv, read back with the csv module."""

import csv
from pathlib import Path

import pytest

from core.csv_text import csv_line, guard
from core.database import Database
from models import ReportFormat
from tests.unit.results.reports.conftest import ODD_NAMES
from tests.unit.results.reports.made_job import write

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _unguarded(text: str) -> str:
    return text.removeprefix("'")


def test_faces(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    written = write(made_db, mixed_job, ReportFormat.FACES_CSV, tmp_path)
    head = written.path.read_bytes().split(b"\r\n")[0]
    assert head.startswith(
        b"photo,x1,y1,x2,y2,label,score,with_mask,without_mask,incorrect,not_a_face,face_id,"
    )
    rows = _read(written.path)
    assert written.rows == len(rows) == 7
    assert [row["label"] for row in rows] == [
        "with_mask", "without_mask", "with_mask", "without_mask", "incorrect", "indeterminate", "with_mask",
    ]  # fmt: skip
    second = rows[1]
    assert [float(second[n]) for n in ("x1", "y1", "x2", "y2", "score")] == [160.5, 60.25, 240.5, 160.12, 0.8]
    assert [float(second[n]) for n in ("with_mask", "without_mask", "incorrect", "not_a_face")] == [
        0.1, 0.8, 0.06, 0.04,
    ]  # fmt: skip
    assert second["classifier_version"] == "mask 1"


def test_photos(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    written = write(made_db, mixed_job, ReportFormat.PHOTOS_CSV, tmp_path)
    rows = _read(written.path)
    assert written.rows == len(rows) == 7
    assert list(rows[0])[:8] == ["photo", "sha256", "width", "height", "format", "frames", "state", "faces"]
    first, failed, moving, doubt = rows[0], rows[1], rows[4], rows[5]
    assert (first["faces"], first["with_mask"], first["without_mask"]) == ("2", "1", "1")
    assert (failed["state"], failed["faces"], failed["error_code"]) == ("failed", "", "photo_truncated")
    assert rows[3]["faces"] == "0"
    assert (moving["note"], moving["frames"]) == ("first of 12 frames", "12")
    assert (doubt["indeterminate"], doubt["least_confidence"]) == ("1", "0.45")


@pytest.mark.parametrize("fmt", [ReportFormat.FACES_CSV, ReportFormat.PHOTOS_CSV])
def test_odd_names_come_back(made_db: Database, odd_job: int, tmp_path: Path, fmt: ReportFormat) -> None:
    rows = _read(write(made_db, odd_job, fmt, tmp_path).path)
    assert tuple(_unguarded(row["photo"]) for row in rows) == ODD_NAMES
    assert not any(row["photo"].startswith(FORMULA_STARTS) for row in rows)


def test_no_byte_order_mark_and_crlf(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    data = write(made_db, mixed_job, ReportFormat.FACES_CSV, tmp_path).path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")


def test_a_cell_cannot_be_split_at_a_semicolon() -> None:
    assert csv_line(["a;=1+1", 1]) == b'"a;=1+1",1\r\n'


def test_numbers_are_never_guarded() -> None:
    assert csv_line([-1.5, -2, None, "-2"]) == b"-1.5,-2,,'-2\r\n"


def test_one_mark_taken_away_gives_the_value_back() -> None:
    for text in ("", "plain", "=1", "'=1", "''", "+", "@x"):
        assert _unguarded(guard(text)) == text
