"""Requests for a job, by folder and by upload."""

import base64
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.database import Database
from models import Batch, Job, JobState, Upload, UploadFile
from tests.unit.web.conftest import Browser
from web.tus.headers import CONTENT_TYPE

_OPTIONS = {"smallest_face": "16", "indeterminate_below": "0.6"}


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "JPEG")
    return out.getvalue()


def _send(browser: Browser, token: str, files: dict[str, bytes]) -> list[TestResponse]:
    """Send the files as the page does: each with its number, in one request."""
    answers = []
    for number, (name, content) in enumerate(files.items()):
        named = ("filename", name.encode()), ("number", str(number).encode())
        metadata = ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in named)
        headers = {
            "X-CSRF-Token": browser.token,
            "Accept": "application/json",
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata,
        }
        answers.append(
            browser.client.post(
                f"/uploads/{token}/files", headers=headers, data=content, content_type=CONTENT_TYPE
            )
        )
    return answers


def test_a_folder_becomes_a_job(browser: Browser, database: Database, photos: Path) -> None:
    form = {
        **_OPTIONS,
        "source": "folder",
        "folder": str(photos),
        "smallest_face": "40",
        "title": "My street",
    }
    answer = browser.post("/jobs/new", data=form)
    assert answer.location == "/jobs/1"
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
        assert (job.title, job.state, job.account_id) == ("My street", JobState.WAITING, 1)
        assert job.options["smallest_face"] == 40
        assert rows.scalars(select(Batch)).one().job_id == job.id


def test_a_bucket_becomes_a_job_where_it_is_allowed(app: Flask, browser: Browser, database: Database) -> None:
    """The store is not asked: nobody listens at its address."""
    maskloop = app.extensions["maskloop"]
    changes = {"allowed_buckets": "s3://cameras/line-3, s3://results", "files_endpoint": "http://127.0.0.1:1"}
    app.extensions["maskloop"] = replace(maskloop, settings=maskloop.settings.with_changes(**changes))
    assert "s3://cameras/line-3, s3://results" in browser.get("/jobs/new").text
    form = {
        **_OPTIONS,
        "source": "folder",
        "folder": "s3://cameras/line-3/day/",
        "reports_to": "s3://results",
    }
    assert browser.post("/jobs/new", data=form).location == "/jobs/1"
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
        assert (job.title, job.options["reports_to"]) == ("s3://cameras/line-3/day", "s3://results")
    for name in ("folder", "reports_to"):
        refused = browser.post("/jobs/new", data={**form, name: "s3://elsewhere"})
        assert refused.status_code == 403 and "outside the buckets" in refused.text


@pytest.mark.parametrize(
    ("folder", "status", "code"),
    [
        ("/etc", 403, "folder_not_allowed"),
        ("{photos}/nothing", 400, "folder_not_found"),
        ("", 400, "input_missing"),
    ],
)
def test_other_folders_are_refused_in_place(
    browser: Browser, database: Database, photos: Path, folder: str, status: int, code: str
) -> None:
    given = folder.format(photos=photos)
    answer = browser.post("/jobs/new", data={**_OPTIONS, "source": "folder", "folder": given})
    assert (answer.status_code, code in answer.text) == (status, True)
    assert f'value="{given}"' in answer.text
    with database.read() as rows:
        assert rows.scalars(select(Job)).all() == []


@pytest.mark.parametrize(
    "wrong", [{"smallest_face": "5"}, {"indeterminate_below": "1.5"}, {"smallest_face": "x"}]
)
def test_bad_options_are_shown_where_they_stand(
    browser: Browser, photos: Path, wrong: dict[str, str]
) -> None:
    form = {**_OPTIONS, "source": "folder", "folder": str(photos), **wrong}
    answer = browser.post("/jobs/new", data=form)
    assert answer.status_code == 400
    assert "field__error" in answer.text


def test_an_upload_becomes_a_job(browser: Browser, database: Database) -> None:
    token = browser.post("/uploads").json["token"]
    name = "holiday/Ünïcode \n 写真.jpg"
    sent = _send(browser, token, {name: _jpeg(), "holiday/b.jpg": _jpeg()})
    assert [answer.status_code for answer in sent] == [201, 201]
    answer = browser.post("/jobs/new", data={**_OPTIONS, "source": "upload", "upload": token})
    assert answer.status_code == 302
    with database.read() as rows:
        assert rows.scalars(select(Job)).one().options["upload_id"] == 1
        files = rows.scalars(select(UploadFile).order_by(UploadFile.ordinal)).all()
        assert [file.locator for file in files] == [name.encode(), b"holiday/b.jpg"]


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (
            {"skipped": {"not_photos": 3, "system_folders": {"@eaDir": 2}}},
            {"not_photos": 3, "system_folders": {"@eaDir": 2}},
        ),
        ({"skipped": {"not_photos": "many", "x": 1}}, {}),
        ({"skipped": 7}, None),
        ([], None),
        (None, None),
    ],
)
def test_an_upload_keeps_what_the_browser_skipped(
    browser: Browser, database: Database, body: object, stored: object
) -> None:
    assert browser.post("/uploads", json=body).status_code == 201
    with database.read() as rows:
        assert rows.scalars(select(Upload.files_skipped)).one() == stored


def test_a_bad_file_is_a_row_and_not_an_end(browser: Browser, database: Database) -> None:
    token = browser.post("/uploads").json["token"]
    sent = _send(browser, token, {"empty.jpg": b"", "good.jpg": _jpeg()})
    assert [answer.status_code for answer in sent] == [201, 201]
    with database.read() as rows:
        files = rows.scalars(select(UploadFile).order_by(UploadFile.ordinal)).all()
        assert [(file.name, file.error_code) for file in files] == [
            ("empty.jpg", "empty_file"),
            ("good.jpg", None),
        ]


def test_sending_again_adds_nothing_twice(browser: Browser, database: Database) -> None:
    token = browser.post("/uploads").json["token"]
    _send(browser, token, {"a.jpg": _jpeg()})
    _send(browser, token, {"a.jpg": _jpeg(), "b.jpg": _jpeg()})
    with database.read() as rows:
        assert rows.scalars(select(UploadFile.name).order_by(UploadFile.ordinal)).all() == ["a.jpg", "b.jpg"]


def test_an_unknown_upload_leaves_no_bytes(app: Flask, browser: Browser) -> None:
    answer = _send(browser, "0" * 32, {"a.jpg": _jpeg()})[0]
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "upload_not_found")
    assert not list((app.extensions["maskloop"].settings.data / "photos").rglob("*"))


def test_an_upload_for_which_there_is_no_room_is_refused(app: Flask, browser: Browser) -> None:
    token = browser.post("/uploads").json["token"]
    before = app.extensions["maskloop"]
    free = shutil.disk_usage(before.settings.data).free
    tight = before.settings.with_changes(min_free_bytes=2 * free)
    app.extensions["maskloop"] = replace(before, settings=tight)
    answer = _send(browser, token, {"a.jpg": _jpeg()})[0]
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "disk_full")
    assert not list((before.settings.data / "photos").rglob("*"))


def test_forms_are_small_and_uploads_are_not(app: Flask, browser: Browser) -> None:
    # Small numbers here: the test client leaves larger forms behind as open files.
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    big = b"\xff\xd8\xff" + bytes(100_000)
    token = browser.post("/uploads").json["token"]
    assert _send(browser, token, {"big.jpg": big})[0].status_code == 201
    answer = browser.post("/jobs/new", data={"title": "x" * 60_000})
    assert answer.status_code == 413


def test_a_file_that_has_not_arrived_completely_starts_no_job(browser: Browser) -> None:
    token = browser.post("/uploads").json["token"]
    headers = {
        "X-CSRF-Token": browser.token,
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "9",
        "Upload-Metadata": f"filename {base64.b64encode(b'half.zip').decode()}",
    }
    address = browser.client.post(f"/uploads/{token}/files", headers=headers).headers["Location"]
    head = browser.client.head(address, headers={"Tus-Resumable": "1.0.0"})
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("0", "9")
    form = {**_OPTIONS, "source": "upload", "upload": token}
    answer = browser.post("/jobs/new", data=form)
    assert (answer.status_code, "half.zip" in answer.text) == (409, True)
    headers["Upload-Offset"] = "0"
    sent = browser.client.patch(address, headers=headers, data=b"123456789", content_type=CONTENT_TYPE)
    assert sent.status_code == 204
    assert browser.post("/jobs/new", data=form).status_code == 302
    assert browser.client.delete(address, headers=headers).status_code == 409


def test_the_folder_browser_stays_inside(browser: Browser, photos: Path) -> None:
    (photos / "inner").mkdir()
    (photos / "a.jpg").write_bytes(b"x")
    (photos / "leave").symlink_to("/etc")
    body = browser.get(f"/folders?path={photos}").json
    assert (body["path"], body["parent"], body["photos"]) == (str(photos), "", "1")
    assert [folder["name"] for folder in body["folders"]] == ["inner"]
    assert str(photos) in [folder["path"] for folder in browser.get("/folders").json["folders"]]
    assert browser.get(f"/folders?path={photos}/inner").json["parent"] == str(photos)
    for path in ("/etc", f"{photos}/leave", f"{photos}/.."):
        answer = browser.get(f"/folders?path={path}", headers={"Accept": "application/json"})
        assert answer.json["error"]["code"] == "folder_not_allowed"
