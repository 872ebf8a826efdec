"""Headers, cookies, CSRF and the host check."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from core.database import Database
from core.labels.shown_label import ShownLabel
from core.library.uploads import open_upload
from core.results.reports.annotation import hex_colour
from core.settings import Settings
from models import Extraction
from tests.cases import in_one_test
from tests.unit.web.conftest import Browser
from web.security import allowed_hosts

_WEB = Path(__file__).resolve().parents[3] / "web"


@in_one_test("address", ["/", "/sign-in", "/nothing", "/health", "/photos/99/thumbnail"])
def test_every_answer_is_dressed(browser: Browser, address: str) -> None:
    headers = browser.get(address).headers
    assert "default-src" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_page_needs_inline_code() -> None:
    """The policy forbids it; a template that uses it would break in the browser alone."""
    for template in (_WEB / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*src=)", text), template


def test_every_post_form_carries_the_token() -> None:
    for template in (_WEB / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
            assert "csrf()" in form, template


def test_cookies_are_closed_to_scripts_and_named_by_port(stranger: FlaskClient) -> None:
    cookie = stranger.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("maskloop_8765=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@in_one_test(
    "address",
    ["/jobs/new", "/jobs/1/pause", "/jobs/1/cancel", "/jobs/1/retry", "/jobs/1/resume", "/uploads",
     "/uploads/{token}/files", "/jobs/1/reports/annotated.zip", "/sign-out", "/account",
     "/try/look", "/try/picture", "/try/keep", "/camera/snapshots"],
)  # fmt: skip
def test_nothing_is_posted_without_a_token(
    browser: Browser, job_id: int, database: Database, address: str
) -> None:
    with database.write() as rows:
        upload = open_upload(rows, account_id=1)
    answer = browser.client.post(address.format(token=upload.token))
    assert answer.status_code == 400
    assert "csrf_failed" in answer.text


@in_one_test("host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "[::1]"])
def test_loopback_names_are_answered(stranger: FlaskClient, host: str) -> None:
    assert stranger.get("/sign-in", headers={"Host": host}).status_code == 200


@in_one_test("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:8765", "", "a b"])
def test_other_names_are_refused(stranger: FlaskClient, host: str) -> None:
    for address in ("/sign-in", "/health", "/"):
        answer = stranger.get(address, headers={"Host": host, "Accept": "text/html"})
        assert answer.status_code == 400
        assert "host_not_allowed" in answer.text


def test_names_come_from_the_settings(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, host="masks.lan", allowed_hosts="photos.example, Other.Example ")
    assert {"masks.lan", "photos.example", "other.example", "localhost"} <= allowed_hosts(settings)
    assert "0.0.0.0" not in allowed_hosts(Settings(data=tmp_path, host="0.0.0.0"))


def test_static_files_are_kept_for_good(app: Flask, stranger: FlaskClient) -> None:
    with stranger.get(f"{app.static_url_path}/css/page.css") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_all_style_sheets_are_linked(app: Flask) -> None:
    listed = set(app.jinja_env.globals["stylesheets"])
    assert listed == {path.stem for path in (_WEB / "static" / "css").glob("*.css")}


def test_labels_have_the_colours_of_the_reports() -> None:
    variables = (_WEB / "static" / "css" / "variables.css").read_text(encoding="utf-8")
    light = variables.split("@media")[0].split('[data-theme="dark"]')[0]
    for label in ShownLabel:
        assert f"--{label.value}: {hex_colour(label)};" in light


def test_the_secret_key_is_kept_and_closed(app: Flask) -> None:
    path = app.extensions["maskloop"].settings.data / "secret_key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == app.config["SECRET_KEY"]
    assert len(app.config["SECRET_KEY"]) > 40


def test_a_database_without_a_free_connection_is_busy_and_not_broken(app: Flask, browser: Browser) -> None:
    before = app.extensions["maskloop"]
    narrow = Database(before.settings.sql_url, connections=1, patience=0.05)
    app.extensions["maskloop"] = replace(before, database=narrow)
    with narrow.read() as rows:
        rows.execute(text("SELECT 1"))
        answer = browser.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "service_busy" in answer.text
    assert browser.get("/").status_code == 200
    narrow.dispose()


def test_what_was_removed_while_a_request_was_about_it_is_a_conflict_and_no_fault(
    browser: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name_a_removed_photo(*_given: object, **_named: object) -> None:
        with database.write() as rows:
            removed = {"photo_id": 99, "detector_key": "x", "faces": 0, "created_at": datetime.now(UTC)}
            rows.execute(insert(Extraction).values(removed))

    monkeypatch.setattr("web.library.views.read_library", name_a_removed_photo)
    answer = browser.get("/library", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "rows_changed")
