"""Pages over an object store: photos that no host has on its disk are shown, and its faults are told."""

import hashlib
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from core.library.files.store import photo_store
from core.predict.report_stage import add_reports, report_files, report_place
from core.removal.files import remove_files
from core.settings import Settings
from core.storage import calls
from models import Activity, ActivityKind, Job, Photo, ReportFormat, ReportState
from tests.object_store import ObjectStore
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_photo


@pytest.fixture
def settings(app: Flask, object_store: ObjectStore) -> Settings:
    """The app's settings, with a bucket from now on."""
    return use(app, object_store.settings(app.extensions["maskloop"].settings))


def use(app: Flask, settings: Settings) -> Settings:
    app.extensions["maskloop"] = replace(app.extensions["maskloop"], settings=settings)
    return settings


@pytest.fixture
def photo(database: Database, settings: Settings, photos: Path, tmp_path: Path) -> Photo:
    """A photo that another host has stored."""
    other = photo_store(settings.with_changes(data=tmp_path / "other-host"))
    with database.write() as rows:
        photo = add_photo(rows, photos / "a.jpg", (200, 10, 10))
        photo.stored = True
        with (photos / "a.jpg").open("rb") as file:
            assert other.put(file, max_bytes=10**7).sha256 == photo.sha256
    (photos / "a.jpg").unlink()
    return photo


def test_a_photo_is_shown_and_read_by_ranges(browser: Browser, photo: Photo) -> None:
    original = browser.get(f"/photos/{photo.id}/file")
    assert hashlib.sha256(original.data).hexdigest() == photo.sha256
    part = browser.get(f"/photos/{photo.id}/file", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, original.data[100:200])
    assert browser.get(f"/photos/{photo.id}/thumbnail").mimetype == "image/jpeg"


def test_a_removed_photo_leaves_nothing_here(browser: Browser, photo: Photo, settings: Settings) -> None:
    browser.get(f"/photos/{photo.id}/thumbnail")
    named = f"**/{photo.sha256}*"
    assert len(list(settings.data.glob(named))) == 2
    remove_files(settings, [photo.sha256])
    assert list(settings.data.glob(named)) == [] and not photo_store(settings).has(photo.sha256)


def test_a_store_that_is_away_is_told_and_nothing_is_forgotten(
    browser: Browser, photo: Photo, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_PAUSES", ())
    here = app.extensions["maskloop"].settings
    use(app, here.with_changes(files_endpoint="http://127.0.0.1:1"))
    answer = browser.get(f"/photos/{photo.id}/file", headers={"Accept": "application/json"})
    assert answer.status_code == 503 and "storage_unavailable" in answer.text
    use(app, here)
    assert browser.get(f"/photos/{photo.id}/file").status_code == 200


@pytest.fixture
def report(database: Database, settings: Settings, job_id: int, tmp_path: Path) -> bytes:
    """A report that a worker on another host has written."""
    files = report_files(settings.with_changes(data=tmp_path / "other-host"))
    data = b"photo,faces\n" * 100
    sha256 = hashlib.sha256(data).hexdigest()
    with database.write() as rows:
        [row] = add_reports(rows, rows.get_one(Job, job_id), [ReportFormat.PHOTOS_CSV])
        (files.folder / str(job_id)).mkdir(parents=True)
        (files.folder / report_place(row)).write_bytes(data)
        row.path = files.publish(report_place(row), sha256)
        row.state, row.bytes, row.sha256 = ReportState.READY, len(data), sha256
    return data


def test_a_report_is_sent_through_the_service_in_ranges(browser: Browser, report: bytes, job_id: int) -> None:
    address = f"/jobs/{job_id}/reports/photos.csv"
    with browser.get(address) as answer:
        assert answer.data == report
    with browser.get(address, headers={"Range": "bytes=12-23"}) as part:
        assert (part.status_code, part.data) == (206, report[12:24])


def _count_downloads(database: Database) -> int:
    with database.read() as rows:
        downloads = select(func.count()).where(Activity.kind == ActivityKind.DOWNLOADED)
        return rows.scalars(downloads).one()


def test_or_by_a_link_that_the_store_signs(
    browser: Browser, report: bytes, job_id: int, app: Flask, settings: Settings, database: Database
) -> None:
    """Pages lead to it; programs that call the API get the bytes, since they send their token along."""
    use(app, settings.with_changes(files_link_seconds=60))
    answer = browser.get(f"/jobs/{job_id}/reports/photos.csv")
    assert answer.status_code == 302 and "tests-secret-key" not in answer.location
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in answer.location
    # It is a download as any other, and nothing but one leads there.
    assert _count_downloads(database) == 1
    with browser.client.head(f"/jobs/{job_id}/reports/photos.csv") as asked:
        assert asked.status_code == 200
    with urllib.request.urlopen(answer.location) as opened:
        assert opened.read() == report
    # The store of a container network has another name for browsers.
    public = settings.with_changes(files_link_seconds=60, files_public_endpoint="https://files.example.org")
    use(app, public)
    location = browser.get(f"/jobs/{job_id}/reports/photos.csv").location
    assert location.startswith("https://files.example.org/")
