"""faces.parquet and photos.parquet, read back with pyarrow."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.database import Database
from core.results.reports import parquet
from models import ReportFormat
from tests.unit.results.reports.conftest import ODD_NAMES
from tests.unit.results.reports.made_job import add_job, write


def test_faces(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    table = pq.read_table(write(made_db, mixed_job, ReportFormat.FACES_PARQUET, tmp_path).path)
    assert table.num_rows == 7
    assert table.column("label").to_pylist()[:2] == ["with_mask", "without_mask"]
    assert pa.types.is_dictionary(table.schema.field("label").type)
    assert table.column("x1").to_pylist()[1] == 160.5
    assert table.column("score").to_pylist()[1] == 0.8


def test_photos(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    table = pq.read_table(write(made_db, mixed_job, ReportFormat.PHOTOS_PARQUET, tmp_path).path)
    assert table.column("faces").to_pylist() == [2, None, 2, 0, 1, 2, None]
    assert table.column("error_code").to_pylist()[1] == "photo_truncated"
    assert table.column("name_bytes").to_pylist()[6] == b"bytes \xff.jpg"
    assert pa.types.is_int32(table.schema.field("width").type)


def test_the_job_is_in_the_metadata(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    path = write(made_db, mixed_job, ReportFormat.FACES_PARQUET, tmp_path).path
    job = json.loads(pq.read_schema(path).metadata[b"maskloop"])
    assert (job["job"], job["classifier_version"], job["indeterminate_below"]) == (mixed_job, "mask 1", 0.6)


def test_rows_beyond_a_group(
    made_db: Database, odd_job: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 5)
    path = write(made_db, odd_job, ReportFormat.PHOTOS_PARQUET, tmp_path).path
    assert pq.ParquetFile(path).num_row_groups == -(-len(ODD_NAMES) // 5)
    assert tuple(pq.read_table(path).column("photo").to_pylist()) == ODD_NAMES


def test_an_empty_job_has_columns_too(made_db: Database, tmp_path: Path) -> None:
    path = write(made_db, add_job(made_db, []), ReportFormat.FACES_PARQUET, tmp_path).path
    assert pq.read_table(path).column_names[:2] == ["photo", "x1"]
