"""A label that the job's version does not predict has no probability in any report, rather than 0."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from core.database import Database
from core.predict.report_stage import STANDARD_REPORTS
from models import Prediction
from tests.unit.results.reports.made_job import INDETERMINATE, WITH_MASK, MadePhoto, add_job, write

_FACES = (WITH_MASK, INDETERMINATE)


@pytest.fixture
def written(made_db: Database, tmp_path: Path) -> Path:
    """The reports of a job whose version predicts two labels."""
    made = [MadePhoto(name=f"{place}.jpg", faces=[faces]) for place, faces in enumerate(_FACES)]
    job_id = add_job(made_db, made)
    with made_db.write() as session:
        session.execute(update(Prediction).values(incorrect=None, not_a_face=None))
    folder = tmp_path / "reports"
    folder.mkdir()
    for fmt in STANDARD_REPORTS:
        write(made_db, job_id, fmt, folder)
    return folder


def test_every_format(written: Path) -> None:
    found = {path.name: path for path in written.iterdir()}
    assert all(path.stat().st_size for path in found.values())
    with found["faces.csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["incorrect"], row["not_a_face"]) for row in rows} == {("", "")}
    assert all(row["with_mask"] and row["without_mask"] and row["score"] for row in rows)
    lines = [json.loads(line) for line in found["report.jsonl"].read_text().splitlines()]
    faces = [face for line in lines if line["kind"] == "photo" for face in line["faces"]]
    assert faces and all(face["probabilities"]["incorrect"] is None for face in faces)
    column = pq.read_table(found["faces.parquet"]).column("not_a_face")
    assert column.null_count == len(column) == len(rows)
