"""The System page and `maskloop system`: everything an operator asks, also while a part hangs."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask

import web.system.report
from core.database import Database
from core.evidence.signing import ensure_key, fingerprint, parse_public
from core.settings import Settings
from models import Account, Role
from tests.rows import add_predict_job
from tests.unit.web.conftest import Browser
from web.cli import main
from web.extension import Maskloop


def _settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


def _set(app: Flask, **changes: object) -> None:
    extension: Maskloop = app.extensions["maskloop"]
    app.extensions["maskloop"] = Maskloop(
        database=extension.database, settings=extension.settings.with_changes(**changes)
    )


def test_the_page_answers_what_an_operator_asks(app: Flask, browser: Browser, database: Database) -> None:
    add_predict_job(database, photos=25, batch_photos=10)
    _set(app, password="correct horse battery", workers=5)
    page = browser.get("/system").text
    for words in (
        "3 batches of 1 job", "No batch was claimed yet", "Stored photos", "SQLite", str(_settings(app).data),
        "The broker cannot be reached", "MASKLOOP_WORKERS", "set, not shown", "/system/documents/settings",
    ):  # fmt: skip
        assert words in page, words
    assert "correct horse" not in page
    assert page.count('id="MASKLOOP_') == len(Settings.model_fields)
    changed, usual = page.partition('id="settings-title"')[2].split("<details", 1)
    assert 'id="MASKLOOP_WORKERS"' in changed and 'id="MASKLOOP_LEASE_SECONDS"' in usual


def test_reviewers_do_not_see_it(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        rows.get_one(Account, 1).role = Role.REVIEWER
    assert browser.get("/system").status_code == 403
    assert browser.get("/system/documents/settings").status_code == 403


def test_documents_are_text_and_others_are_not_found(browser: Browser) -> None:
    answer = browser.get("/system/documents/settings")
    assert answer.mimetype == "text/plain" and "MASKLOOP_DATA" in answer.text
    assert browser.get("/system/documents/..%2Fpyproject").status_code == 404
    assert browser.get("/system/documents/none").status_code == 404


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """An address that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_broker_and_a_disk_that_hang_do_not_hold_the_page(
    app: Flask, browser: Browser, silent_broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(web.system.report, "_SECONDS", 0.5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: release.wait(60))
    _set(app, broker_url=silent_broker)
    began = time.monotonic()
    page = browser.get("/system").text
    assert time.monotonic() - began < 5
    release.set()
    assert "The broker did not answer within 0.5 seconds" in page
    assert "The disk of the data folder did not answer within 0.5 seconds" in page
    assert "Nothing waits" in page and "SQLite" in page


def test_the_command_prints_the_same(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_predict_job(database, photos=25, batch_photos=10)
    for name, value in (_settings(app).with_changes(password="correct horse battery")).to_env().items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, ["system"], env={"COLUMNS": "200"})
    assert result.exit_code == 1, "the broker cannot be reached"
    for words in (
        "3 batches of 1 job",
        "stored photos",
        "SQLite",
        "The broker cannot be reached",
        "MASKLOOP_WORKERS",
    ):
        assert words in result.output, words
    assert "correct horse" not in result.output


def test_the_key_of_evidence_packs(app: Flask, browser: Browser) -> None:
    assert "maskloop setup" in browser.get("/system").text
    ensure_key(_settings(app).data)
    key = parse_public(browser.get("/system/evidence-key.pem").data)
    assert fingerprint(key) in browser.get("/system").text
    assert "PRIVATE" not in browser.get("/system/evidence-key.pem").text
    said = CliRunner().invoke(main, ["system"], env={"MASKLOOP_DATA": str(_settings(app).data)})
    assert fingerprint(key) in said.stdout.replace("\n", "")
