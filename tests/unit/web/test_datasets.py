"""Pages of datasets, and the page that imports a labelled set."""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.datasets import export
from core.datasets.importing.job_kind import IMPORT
from core.datasets.job_kind import FREEZE
from models import Dataset, DatasetFace, Face, Job, Label, Photo
from tests.labelled import add_labelled, decide, freeze_now
from tests.provenance_rows import WebPhoto, add_source
from tests.unit.web.conftest import Browser


@pytest.fixture
def frozen(database: Database) -> int:
    with database.write() as rows:
        add_labelled(rows, 40, Label.WITH_MASK)
        add_labelled(rows, 3, Label.INCORRECT)
    return freeze_now(database, title="<b>first</b>").id


def test_an_empty_page_says_what_to_do(browser: Browser) -> None:
    page = browser.get("/datasets").text
    assert "No dataset yet" in page
    assert 'href="/datasets/import"' in page


def test_the_list_and_one_dataset(browser: Browser, frozen: int) -> None:
    assert "&lt;b&gt;first&lt;/b&gt;" in browser.get("/datasets").text
    page = browser.get(f"/datasets/{frozen}").text
    assert "43 faces in 43 photos" in page
    assert "unknown 43" in page
    assert browser.get("/datasets/99").status_code == 404


def test_faces_by_split_and_label(browser: Browser, frozen: int) -> None:
    page = browser.get(f"/datasets/{frozen}/faces?label=incorrect").text
    assert page.count('class="crop__picture"') == 3
    assert browser.get(f"/datasets/{frozen}/faces?label=hat").status_code == 400
    assert browser.get(f"/datasets/{frozen}/faces?split=test").status_code == 200


def test_a_dataset_as_csv_names_the_owners(
    browser: Browser, database: Database, frozen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_SLICE", 10)
    with database.write() as rows:
        first = rows.scalars(select(DatasetFace.face_id).order_by(DatasetFace.face_id)).first()
        photo = rows.get_one(Photo, rows.get_one(Face, first).photo_id)
        add_source(rows, photo, WebPhoto(number=1))
    answer = browser.get(f"/datasets/{frozen}/faces.csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == len({line["face_id"] for line in lines}) == 43
    assert Counter(line["label"] for line in lines) == {"with_mask": 40, "incorrect": 3}
    assert {line["split"] for line in lines} <= {"train", "validation", "test"}
    assert (lines[0]["sha256"], lines[0]["licence"], lines[0]["creator"]) == (
        photo.sha256,
        "CC BY 2.0",
        "Ada",
    )
    assert lines[0]["attribution"].startswith("“Picture 1” by Ada") and lines[1]["attribution"] == ""
    assert browser.get("/datasets/99/faces.csv").status_code == 404


def test_two_datasets_are_compared_from_the_older_one(
    browser: Browser, database: Database, frozen: int
) -> None:
    with database.write() as rows:
        (face,) = add_labelled(rows, 1, Label.WITHOUT_MASK)
        decide(rows, face, Label.INCORRECT)
    later = freeze_now(database).id
    answer = browser.get(f"/datasets/compare?one={later}&other={frozen}")
    assert answer.headers["Location"] == f"/datasets/{frozen}/compare/{later}"
    page = browser.get(answer.headers["Location"]).text
    assert "43 faces before, 44 faces after" in page
    assert page.count('class="crop__picture"') == 1


def test_freezing_is_a_job(browser: Browser, database: Database) -> None:
    answer = browser.post("/datasets/freeze", data={"title": "t", "agreeing": "2", "smallest_face": "16"})
    assert answer.status_code == 302
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    assert job.kind == FREEZE.name
    assert job.options == {"freeze": {"agreeing": 2, "smallest_face": 16}, "golden": False}
    assert "Dataset freeze" in browser.get(f"/jobs/{job.id}").text
    refused = browser.post("/datasets/freeze", data={"title": "Mine", "agreeing": "9", "smallest_face": "0"})
    assert refused.status_code == 400 and "Number must be between 1 and 5" in refused.text
    assert 'value="Mine"' in refused.text and 'panel--details" open' in refused.text
    with database.read() as rows:
        assert len(rows.scalars(select(Job)).all()) == 1


def test_pinning(browser: Browser, database: Database, frozen: int) -> None:
    browser.post(f"/datasets/{frozen}/pin")
    with database.read() as rows:
        pinned_at = rows.get_one(Dataset, frozen).pinned_at
    assert pinned_at is not None
    assert "Pin as golden" not in browser.get(f"/datasets/{frozen}").text


def test_a_folder_is_imported(browser: Browser, database: Database, photos: Path) -> None:
    answer = browser.post("/datasets/import", data={"source": "folder", "folder": str(photos)})
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    assert job.kind == IMPORT.name
    assert job.options == {
        "folder": str(photos),
        "upload_id": None,
        "all_faces_boxed": False,
        "labels": {},
        "format": None,
        "keep_splits": False,
    }
    assert "Import of a labelled set" in browser.get(f"/jobs/{job.id}").text
    refused = browser.post("/datasets/import", data={"source": "folder", "folder": "/etc"})
    assert refused.status_code == 403 or b"folder_not_allowed" in refused.data


def test_an_import_of_nothing_says_so(browser: Browser) -> None:
    answer = browser.post("/datasets/import", data={"source": "upload"})
    assert answer.status_code == 400
    assert b"input_missing" in answer.data
