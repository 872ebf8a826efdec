"""A link gives one report file, and no other, to anyone until its end."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.exports.job_kind import request_export
from core.exports.options import ExportOptions
from core.exports.store import expire_export, export_path, void_export
from core.jobs.deletion import delete_job
from core.jobs.queries import list_events
from core.settings import Settings
from models import DownloadLink, Report
from tests.cases import ON_SQLITE, in_one_test
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS

# The database of the app is another than that of the settings.
pytestmark = ON_SQLITE


@pytest.fixture
def job_id(database: Database, settings: Settings, tmp_path: Path) -> int:
    """A finished export."""
    add_finished_job(database, tmp_path / "photos", photos=2)
    with database.write() as rows:
        made = request_export(rows, ExportOptions(format="csv"), title="", account_id=None).id
    run_batches(database, settings, HANDLERS, job_id=made)
    return made


def make(browser: Browser, database: Database, job_id: int, days: str = "7") -> str:
    """The path of a new link, as the page shows it."""
    browser.post(f"/jobs/{job_id}/links", data={"name": "export.zip", "days": days})
    page = browser.get(f"/jobs/{job_id}").text
    address = page.partition('readonly value="')[2].partition('"')[0]
    return urlsplit(address).path


def link_of(database: Database) -> DownloadLink:
    with database.read() as rows:
        return rows.scalars(select(DownloadLink)).one()


def test_whoever_has_the_address_gets_the_file_in_ranges_too(
    browser: Browser, app: Flask, database: Database, settings: Settings, job_id: int
) -> None:
    path, data = make(browser, database, job_id), export_path(settings, job_id).read_bytes()
    stranger = app.test_client()
    assert stranger.get(f"/jobs/{job_id}/reports/export.zip").status_code == 302
    with stranger.get(path) as answer:
        assert (answer.status_code, answer.data) == (200, data)
        assert "no-store" in answer.headers["Cache-Control"]
    with stranger.get(path, headers={"Range": "bytes=10-19"}) as answer:
        assert (answer.status_code, answer.data) == (206, data[10:20])
    assert link_of(database).uses == 1
    assert "1 download" in browser.get(f"/jobs/{job_id}").text


def test_a_changed_address_opens_nothing(
    browser: Browser, app: Flask, database: Database, job_id: int
) -> None:
    path = make(browser, database, job_id)
    token = path.split("/")[2]
    for other in (token[:-1], "Mg." + token.partition(".")[2], "1", "x" * 300):
        assert app.test_client().get(f"/downloads/{other}/export.zip").status_code in (404,), other
    # The name in the address is for people: the signature says which file it is.
    with app.test_client().get(path.replace("export.zip", "other.zip")) as answer:
        assert answer.headers["Content-Disposition"].endswith("export.zip")


def test_a_link_ends(browser: Browser, app: Flask, database: Database, job_id: int) -> None:
    path = make(browser, database, job_id, days="1")
    link = link_of(database)
    assert link.expires_at - link.created_at == timedelta(days=1)
    with database.write() as rows:
        rows.execute(update(DownloadLink).values(expires_at=read_clock(rows)))
    answer = app.test_client().get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (410, "download_link_gone")
    assert path not in browser.get(f"/jobs/{job_id}").text


def test_a_link_is_revoked(browser: Browser, app: Flask, database: Database, job_id: int) -> None:
    path = make(browser, database, job_id)
    number = link_of(database).id
    assert browser.post(f"/jobs/{job_id + 1}/links/{number}/revoke").status_code == 404
    browser.post(f"/jobs/{job_id}/links/{number}/revoke")
    assert app.test_client().get(path).status_code == 410
    assert path not in browser.get(f"/jobs/{job_id}").text


@in_one_test("days", ["0", "366", "x", ""])
def test_days_are_checked(browser: Browser, database: Database, job_id: int, days: str) -> None:
    browser.post(f"/jobs/{job_id}/links", data={"name": "export.zip", "days": days})
    with database.read() as rows:
        assert rows.scalars(select(DownloadLink)).all() == []
    assert "1 to 365 days" in browser.get(f"/jobs/{job_id}").text


def test_a_link_goes_with_its_file(
    browser: Browser, app: Flask, database: Database, settings: Settings, job_id: int
) -> None:
    path = make(browser, database, job_id)
    with database.write() as rows:
        void_export(rows, settings, job_id)
    assert app.test_client().get(path).status_code == 410


def test_a_link_to_a_deleted_job_opens_nothing(
    browser: Browser, app: Flask, database: Database, job_id: int
) -> None:
    path = make(browser, database, job_id)
    with database.write() as rows:
        delete_job(rows, job_id, by="owner")
    assert app.test_client().get(path).status_code == 410


def test_zips_are_kept_for_the_days_of_the_setting(
    browser: Browser, app: Flask, database: Database, settings: Settings, job_id: int
) -> None:
    path = make(browser, database, job_id)
    assert "kept until" in browser.get(f"/jobs/{job_id}").text
    assert "1 export on the disk" in browser.get("/exchange").text

    def expire(days: int) -> int | None:
        with database.write() as rows:
            return expire_export(rows, settings.with_changes(export_days=days))

    assert expire(30) is None and export_path(settings, job_id).exists()
    with database.write() as rows:
        rows.execute(update(Report).values(finished_at=read_clock(rows) - timedelta(days=31)))
    assert expire(0) is None and export_path(settings, job_id).exists()
    assert expire(30) == job_id and not export_path(settings, job_id).exists()
    assert app.test_client().get(path).status_code == 410
    with database.read() as rows:
        assert "export_expired" in [each.event for each in list_events(rows, job_id)]
    assert "The file is gone" in browser.get(f"/jobs/{job_id}").text
    assert "file deleted" in browser.get("/exchange").text
