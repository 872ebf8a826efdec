"""report.xlsx, read back with openpyxl."""

import re
import warnings
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from core.database import Database
from core.results.reports.csv_files import FACE_COLUMNS, PHOTO_COLUMNS
from core.results.reports.workbook import table
from core.results.reports.workbook.cells import MAX_TEXT, plain_text
from models import Job, ReportFormat
from tests.unit.results.reports.conftest import ODD_NAMES
from tests.unit.results.reports.made_job import NOW, WITH_MASK, MadePhoto, add_job, write


def _book(db: Database, job_id: int, folder: Path) -> Workbook:
    return load_workbook(write(db, job_id, ReportFormat.XLSX, folder).path)


def _rows(sheet: Worksheet) -> list[dict[str, object]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _summary(book: Workbook) -> dict[str, tuple[object, object]]:
    return {
        name: (value, part) for name, value, part in book["summary"].iter_rows(max_col=3, values_only=True)
    }


def test_the_sheets_hold_what_the_csv_files_hold(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    book = _book(made_db, mixed_job, tmp_path)
    assert book.sheetnames == ["summary", "groups", "photos", "faces"]
    photos, faces = _rows(book["photos"]), _rows(book["faces"])
    assert tuple(photos[0]) == PHOTO_COLUMNS and tuple(faces[0]) == FACE_COLUMNS
    assert [row["photo"] for row in photos][:3] == ["a/one.jpg", "broken.jpg", "b/one again.jpg"]
    assert [row["label"] for row in faces][:2] == ["with_mask", "without_mask"]
    assert (photos[1]["faces"], photos[1]["error_code"]) == (None, "photo_truncated")


def test_the_summary_counts(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    lines = _summary(_book(made_db, mixed_job, tmp_path))
    assert lines["Photos read without a face"] == (1, pytest.approx(1 / 5))
    assert lines["Photos read"] == (5, pytest.approx(5 / 7))
    assert lines["Faces"] == (7, None)
    assert lines["With mask"] == (3, pytest.approx(3 / 7))
    assert lines["Requested at (UTC)"][0] == NOW.replace(tzinfo=None)
    assert lines["Indeterminate below"][0] == 0.6
    assert lines["photo_truncated"] == (1, pytest.approx(1 / 7))


def test_every_excel_reads_numbers_dates_and_shares_alike(
    made_db: Database, mixed_job: int, tmp_path: Path
) -> None:
    """A number is stored as a number, and no format names a language."""
    book = _book(made_db, mixed_job, tmp_path)
    faces = book["faces"]
    row = dict(zip(FACE_COLUMNS, faces[2], strict=True))
    assert (row["score"].data_type, row["score"].number_format) == ("n", "0.0%")
    assert (row["x1"].value, row["x1"].number_format) == (40, "0.00")
    assert row["face_id"].data_type == "n"
    dates = [cell for row in book["summary"].iter_rows() for cell in row if isinstance(cell.value, datetime)]
    assert {cell.number_format for cell in dates} == {"yyyy-mm-dd hh:mm:ss"}
    numbers = re.compile(r"-?\d+([.,]\d+)?%?")
    for sheet in book:
        for cells in sheet.iter_rows():
            for cell in cells:
                assert "[$" not in cell.number_format
                assert not (isinstance(cell.value, str) and numbers.fullmatch(cell.value)), cell.coordinate


def test_tables_are_ready_to_read(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    book = _book(made_db, mixed_job, tmp_path)
    for name, rows in (("photos", 8), ("faces", 8)):
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:") and sheet.auto_filter.ref.endswith(str(rows))
        assert sheet.column_dimensions["A"].width > 40
        assert sheet["A1"].font.bold


@pytest.mark.parametrize(
    "name", ["<r>1</r>", "<r><t>=1+1</t></r>", "_x0041_", "\x01bell\x07", "1e5", "007", "1,5"]
)
def test_texts_that_a_writer_may_mistake(made_db: Database, tmp_path: Path, name: str) -> None:
    book = _book(made_db, add_job(made_db, [MadePhoto(name=name, faces=[WITH_MASK])]), tmp_path)
    for sheet in ("photos", "faces"):
        cell = book[sheet]["A2"]
        assert (unescape(str(cell.value)), cell.data_type) == (name, "s")


def test_odd_names_stay_texts(made_db: Database, odd_job: int, tmp_path: Path) -> None:
    written = write(made_db, odd_job, ReportFormat.XLSX, tmp_path)
    book = load_workbook(written.path)
    cells = [cells[0] for cells in book["photos"].iter_rows(min_row=2)]
    assert [unescape(cell.value) for cell in cells] == list(ODD_NAMES)
    assert {cell.data_type for cell in cells} == {"s"}
    with ZipFile(written.path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_a_text_is_cut_to_what_a_cell_holds() -> None:
    assert plain_text("é" * MAX_TEXT) == "é" * MAX_TEXT
    assert len(plain_text("é" * (MAX_TEXT + 1))) == MAX_TEXT
    masks = plain_text("😷" * 20_000)
    assert masks.endswith("😷\u2026") and len(masks.encode("utf-16-le")) <= 2 * MAX_TEXT
    assert len(plain_text("<r>" + "&" * 40_000 + "</r>")) <= MAX_TEXT
    assert plain_text("\udcff\ufffe") == "\ufffd\ufffd"


def test_further_rows_go_to_further_sheets(
    made_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 4)
    job_id = add_job(made_db, [MadePhoto(name=f"{n}.jpg", faces=[WITH_MASK] * 2) for n in range(4)])
    book = _book(made_db, job_id, tmp_path)
    assert [name for name in book.sheetnames if name.startswith("faces")] == ["faces", "faces 2", "faces 3"]
    parts = [_rows(book[name]) for name in ("faces", "faces 2", "faces 3")]
    assert [len(rows) for rows in parts] == [3, 3, 2]
    assert [row["photo"] for rows in parts for row in rows] == [
        f"{n}.jpg" for n in range(4) for _ in range(2)
    ]
    for name in ("photos 2", "faces 3"):
        assert book[name]["A1"].value == "photo"
        assert book[name].freeze_panes == "B2" and book[name].auto_filter.ref


def test_the_same_rows_give_the_same_bytes(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    with made_db.write() as session:
        session.get_one(Job, mixed_job).title = "<r>bold</r>"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.results.reports.queries.read_clock", lambda _session: NOW)
        hashes = {write(made_db, mixed_job, ReportFormat.XLSX, tmp_path).sha256 for _ in range(2)}
    assert len(hashes) == 1
    with warnings.catch_warnings(action="error"):
        load_workbook(tmp_path / ReportFormat.XLSX.value)


def test_groups_are_folders_with_their_shares(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    book = _book(made_db, mixed_job, tmp_path)
    rows = {row["name"]: row for row in _rows(book["groups"]) if row["kind"]}
    assert list(rows)[-1] == "all" and {"a", "b"} < set(rows)
    assert (rows["a"]["photos"], rows["a"]["with_mask_raw_share"]) == (1, 0.5)
    assert rows["a"]["with_mask_corrected_share"] is None and rows["a"]["problem"]
    header = [cell.value for cell in book["groups"][1]]
    assert book["groups"].cell(2, header.index("with_mask_raw_share") + 1).number_format == "0.0%"
    assert book["groups"].auto_filter.ref.endswith(str(len(rows)))
    assert _summary(book)["Shares among people"] == ("raw share", "corrected share")
