"""report.jsonl, read back with json."""

import json
from pathlib import Path
from typing import Any

from core.database import Database
from models import ReportFormat
from tests.unit.results.reports.conftest import ODD_NAMES
from tests.unit.results.reports.made_job import write


def _lines(db: Database, job_id: int, folder: Path) -> list[dict[str, Any]]:
    text = write(db, job_id, ReportFormat.JSON_LINES, folder).path.read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_job_photos_and_sums(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    head, *photos, sums = _lines(made_db, mixed_job, tmp_path)
    assert (head["kind"], head["format"], head["format_version"]) == ("job", "maskloop-report", 2)
    assert (head["classifier_version"], head["detector_key"], head["folder"]) == (
        "mask 1",
        "yunet",
        "/photos",
    )
    assert [photo["kind"] for photo in photos] == ["photo"] * 7
    assert sums == {
        "kind": "sums", "photos": 7, "photos_done": 5, "photos_failed": 2, "photos_without_face": 1,
        "with_mask": 3, "without_mask": 2, "incorrect": 1, "indeterminate": 1, "not_labelled": 0,
        "faces": 7, "hidden_left_out": 0, "faces_decided": 0, "faces_drawn": 0, "faces_removed": 0,
        "predicted": {
            "photos_without_face": 1, "with_mask": 3, "without_mask": 2, "incorrect": 1, "indeterminate": 1,
        },
    }  # fmt: skip


def test_a_photo_carries_its_faces_and_its_source(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    photo = _lines(made_db, mixed_job, tmp_path)[1]
    assert photo["source"] == "/photos/a/one.jpg"
    face = photo["faces"][1]
    assert (face["box"], face["label"], face["score"]) == ([160.5, 60.25, 240.5, 160.12], "without_mask", 0.8)
    assert face["probabilities"] == {
        "with_mask": 0.1, "without_mask": 0.8, "incorrect": 0.06, "not_a_face": 0.04,
    }  # fmt: skip


def test_a_name_that_is_no_text_keeps_its_bytes(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    lines = _lines(made_db, mixed_job, tmp_path)
    assert bytes.fromhex(lines[7]["name_hex"]) == b"bytes \xff.jpg"
    assert not any("name_hex" in line for line in lines[:7])


def test_odd_names_are_faithful(made_db: Database, odd_job: int, tmp_path: Path) -> None:
    assert tuple(line["photo"] for line in _lines(made_db, odd_job, tmp_path)[1:-1]) == ODD_NAMES
