"""The page “Import and export”: what it exports follows from the address, and its job has the file."""

from pathlib import Path

import pytest

from core.database import Database
from core.exports.job_kind import EXPORT
from core.exports.store import export_path, void_export
from core.library.selection.model import LibrarySelection
from core.settings import Settings
from models import Job, Report
from tests.cases import ON_SQLITE
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS

CHOICES = {
    "format": "coco",
    "labels": "final",
    "unlabelled": "keep",
    "anonymise": "none",
    "non_commercial": "y",
}


def options_of(db: Database, job_id: int):
    with db.read() as rows:
        return EXPORT.options_of(rows.get_one(Job, job_id))


def test_the_form_exports_what_the_address_names(
    browser: Browser, database: Database, tmp_path: Path
) -> None:
    job_id = add_finished_job(database, tmp_path / "photos", photos=3)
    page = browser.get(f"/exchange?job={job_id}").text
    assert f"job {job_id}" in page and 'value="yolo"' in page
    # Labels of faces without one can be asked for first.
    assert f'href="/review/queues/new?job={job_id}"' in page
    assert 'href="/review/queues/new"' in browser.get("/exchange").text
    answer = browser.post(
        f"/exchange?job={job_id}",
        data={
            **CHOICES,
            "format": "yolo",
            "long_side": "640",
            "licences": "CC0, CC BY",
            "test_share": "20",
            "split_seed": "3",
            "crop_side": "128",
            "crop_margin": "0",
        },
    )
    assert answer.status_code == 302
    options = options_of(database, int(answer.headers["Location"].rpartition("/")[2]))
    assert options.selection == LibrarySelection(job=job_id)
    assert (options.format, options.long_side, options.licences, options.photos) == (
        "yolo",
        640,
        ("CC BY", "CC0"),
        False,
    )
    assert options.non_commercial
    assert (options.test_share, options.validation_share, options.split_seed) == (0.2, 0.0, 3)
    assert (options.crop_side, options.crop_margin) == (128, 0.0)
    assert "Export as YOLO (Ultralytics)" in browser.get("/exchange").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/exchange?dataset_id=99", 404),
        ("/exchange?queue_id=99", 404),
        ("/exchange?job=99", 404),
        ("/exchange?job=x", 400),
    ],
)
def test_a_source_that_does_not_exist_is_an_error(
    browser: Browser, database: Database, address: str, status: int
) -> None:
    assert browser.get(address).status_code == status


def test_a_value_that_is_not_valid_is_said_at_its_field(browser: Browser, database: Database) -> None:
    answer = browser.post("/exchange", data={**CHOICES, "long_side": "3"})
    assert answer.status_code == 400 and "between 64 and 16384" in answer.text


@ON_SQLITE
def test_the_page_of_the_job_has_the_file_until_photos_are_deleted(
    browser: Browser, database: Database, settings: Settings, tmp_path: Path
) -> None:
    add_finished_job(database, tmp_path / "photos", photos=3)
    address = browser.post("/exchange", data=CHOICES).headers["Location"]
    job_id = int(address.rpartition("/")[2])
    assert "once all photos are in it" in browser.get(address).text
    run_batches(database, settings, HANDLERS, job_id=job_id)
    page = browser.get(address).text
    assert f"/jobs/{job_id}/reports/export.zip" in page and "3 photos" in page
    with browser.get(f"/jobs/{job_id}/reports/export.zip") as download:
        assert download.data == export_path(settings, job_id).read_bytes()
    with database.write() as rows:
        void_export(rows, settings, job_id)
        assert rows.query(Report).count() == 0
    assert not export_path(settings, job_id).exists()
    assert "Run the job again" in browser.get(address).text


def test_chosen_photos_of_the_library_become_the_source(
    browser: Browser, database: Database, tmp_path: Path
) -> None:
    add_finished_job(database, tmp_path / "photos", photos=3)
    answer = browser.post("/exchange/selected", data={"ids": ["1", "3"]})
    assert answer.status_code == 302 and "2 chosen photos" in browser.get(answer.headers["Location"]).text
