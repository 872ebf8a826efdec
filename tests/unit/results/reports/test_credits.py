"""Source, licence and attribution in every export."""

import csv
import json
from io import TextIOWrapper
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
from sqlalchemy import select

from core.database import Database
from core.predict.report_stage import REQUESTED_REPORTS, STANDARD_REPORTS
from models import JobPhoto, Source, SourceKind
from tests.unit.results.reports.made_job import NOW, write

_ADDRESS = "https://pictures.example/1.jpg"
_LINE = "“Gate” by Ada, CC BY 2.0 (https://cc.example/by), https://page.example/1"


def _credit(db: Database, name: str) -> None:
    """The photo of this row came from a folder first, and then from the web with a licence."""
    with db.write() as session:
        photo_id = session.scalars(select(JobPhoto.photo_id).where(JobPhoto.name == name)).one()
        common = {"photo_id": photo_id, "created_at": NOW}
        session.add(
            Source(
                kind=SourceKind.FOLDER,
                location=b"/photos/x",
                location_sha256=b"f" * 32,
                name="/photos/x",
                **common,
            )
        )
        session.add(
            Source(
                kind=SourceKind.CRAWL,
                location=_ADDRESS.encode(),
                location_sha256=b"c" * 32,
                name=_ADDRESS,
                page_url="https://page.example/1",
                title="Gate",
                creator="Ada",
                licence="CC BY 2.0",
                licence_url="https://cc.example/by",
                **common,
            )
        )


def _found_elsewhere(db: Database, name: str) -> None:
    """An earlier job met the same photo in another folder."""
    with db.write() as session:
        photo_id = session.scalars(select(JobPhoto.photo_id).where(JobPhoto.name == name)).one()
        session.add(
            Source(
                photo_id=photo_id,
                kind=SourceKind.FOLDER,
                location=b"/elsewhere/x",
                location_sha256=b"e" * 32,
                name="/elsewhere/x",
                created_at=NOW,
            )
        )


def test_the_source_that_tells_a_licence_is_named_everywhere(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    _credit(made_db, "doubt.jpg")
    _found_elsewhere(made_db, "nobody.jpg")
    for fmt in (*STANDARD_REPORTS, *REQUESTED_REPORTS):
        write(made_db, mixed_job, fmt, tmp_path, open_bytes=lambda row: jpeg)
    with (tmp_path / "faces.csv").open(encoding="utf-8", newline="") as file:
        faces = [row for row in csv.DictReader(file) if row["photo"] == "doubt.jpg"]
    assert [row["attribution"] for row in faces] == [_LINE] * len(faces) and faces
    assert (faces[0]["source"], faces[0]["licence"]) == (_ADDRESS, "CC BY 2.0")
    of_faces = pq.read_table(tmp_path / "faces.parquet").to_pylist()
    assert {row["licence"] for row in of_faces if row["photo"] == "doubt.jpg"} == {"CC BY 2.0"}
    with (tmp_path / "photos.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["photo"]: row for row in csv.DictReader(file)}
    assert (rows["doubt.jpg"]["source"], rows["doubt.jpg"]["licence"]) == (_ADDRESS, "CC BY 2.0")
    assert rows["doubt.jpg"]["attribution"] == _LINE
    assert rows["nobody.jpg"]["source"] == "/photos/nobody.jpg", "in this job, whatever other jobs found"
    assert rows["nobody.jpg"]["licence"] == rows["nobody.jpg"]["attribution"] == ""
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    line = next(line for line in lines if line.get("photo") == "doubt.jpg")
    assert (line["origin"], line["creator"], line["attribution"]) == (_ADDRESS, "Ada", _LINE)
    table = pq.read_table(tmp_path / "photos.parquet").to_pylist()
    assert {row["attribution"] for row in table} == {_LINE, None}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert _LINE in page and "unknown" in page
    with ZipFile(tmp_path / "annotated.zip") as archive, archive.open("attributions.csv") as file:
        credits = list(csv.DictReader(TextIOWrapper(file, "utf-8")))
    assert {row["photo"]: row["licence"] for row in credits}["doubt.jpg"] == "CC BY 2.0"
