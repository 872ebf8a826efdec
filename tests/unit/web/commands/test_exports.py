"""Exports are requested and brought, and links to their files are made, by commands."""

import json
import zipfile
from pathlib import Path

from flask import Flask

from core.database import Database
from core.exports.options import ExportFormat
from models import Job
from tests.unit.web.commands.conftest import Say
from web.commands import exports


def test_the_formats_are_those_of_the_product() -> None:
    assert set(exports._FORMATS) == {fmt.value for fmt in ExportFormat}


def test_an_export_is_requested_with_its_options(say: Say, database: Database, job_id: int) -> None:
    words = ("--labels", "decided", "--licence", "CC0", "-o", "test_share=0.2", "-o", "photos=false")
    made = say("export", "yolo", "--job", str(job_id), *words)
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        options = rows.get_one(Job, int(made.stdout)).options
    assert options["selection"] == {"job": job_id} and options["licences"] == ["CC0"]
    assert (options["format"], options["labels"], options["test_share"], options["photos"]) == (
        "yolo", "decided", 0.2, False,
    )  # fmt: skip
    assert say("export", "csv", "--dataset", "9").exit_code == 4


def test_the_zip_is_brought_and_shared(on_folder: Say, app: Flask, job_id: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    brought = on_folder("export", "csv", "--job", str(job_id), "--out", str(out), "--quiet")
    assert brought.exit_code == 0, brought.stderr
    place = Path(brought.stdout.strip())
    number = place.stem.removeprefix("export-")
    with zipfile.ZipFile(place) as archive:
        assert "faces.csv" in archive.namelist()
    made = on_folder("share", number, "--days", "3")
    assert made.exit_code == 0, made.stderr
    address = made.stdout.strip()
    assert address.startswith("http://127.0.0.1:8765/downloads/") and address.endswith("/export.zip")
    with app.test_client().get(address.partition(":8765")[2]) as answer:
        assert answer.data == place.read_bytes()
    (link,) = json.loads(on_folder("share", number, "--list", "--json").stdout)
    assert link["address"] == address and link["uses"] == 1
    assert (
        on_folder("share", number, "--revoke", str(link["id"])).stdout == f"Link {link['id']} is revoked.\n"
    )
    assert app.test_client().get(address.partition(":8765")[2]).status_code == 410
    assert on_folder("share", number, "--file", "faces.csv").exit_code == 4
