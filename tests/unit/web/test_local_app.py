"""The API inside a command's process: the owner calls it without a token, and HTTP cannot do so."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts import ensure_owner
from core.settings import Settings
from models import Activity, Job
from tests.rows import add_version
from tests.unit.web.raw_http import connect, read_to_end, server
from web.api_v1.access import LOCAL_CALLER
from web.local_app import ADDRESS, LocalApp

#: Names that a header could have, hoping to become the key of the environment.
_NAMES = (LOCAL_CALLER, "Maskloop-Local-Caller", "maskloop_local_caller", "HTTP_" + LOCAL_CALLER)


@pytest.fixture
def local(tmp_path: Path, sqlite_tables: Path) -> Iterator[LocalApp]:
    shutil.copyfile(sqlite_tables, tmp_path / "maskloop.sqlite")
    app = LocalApp(Settings(data=tmp_path, allowed_roots=str(tmp_path), broker_url="redis://127.0.0.1:1"))
    with app.database.write() as rows:
        ensure_owner(rows)
    add_version(app.database)
    yield app
    app.database.dispose()


@pytest.fixture
def client(local: LocalApp) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.WSGITransport(app=local), base_url=f"{ADDRESS}/api/v1") as client:
        yield client


def test_the_owner_calls_without_a_token(client: httpx.Client, local: LocalApp, tmp_path: Path) -> None:
    asked = {"kind": "predict", "options": {"folder": str(tmp_path)}}
    # A key is kept for tokens: this call cannot lose its answer on the way.
    made = client.post("/jobs", json=asked, headers={"Idempotency-Key": "k"})
    assert made.status_code == 202, made.text
    with local.database.read() as rows:
        assert rows.get_one(Job, made.json()["id"]).account_id == 1
    assert client.get("/tokens").json() == {"tokens": []}
    assert client.delete("/jobs/1").json()["code"] == "job_state"


def test_every_list_is_answered_without_the_pages(client: httpx.Client, local: LocalApp) -> None:
    for rule in local.app.url_map.iter_rules():
        address = rule.rule.removeprefix("/api/v1")
        if "GET" in (rule.methods or ()) and not rule.arguments and address not in ("/docs",):
            answer = client.get(address)
            # No broker runs here, by which the live process is asked.
            is_away = address == "/camera" and answer.json()["code"] == "broker_unreachable"
            assert answer.status_code < 500 or is_away, f"{address}: {answer.text[:300]}"


@pytest.mark.parametrize("name", _NAMES)
def test_no_header_makes_a_local_caller(app: Flask, name: str) -> None:
    assert app.test_client().get("/api/v1/jobs", headers={name: "1"}).status_code == 401


def test_no_text_makes_a_local_caller(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/jobs", environ_overrides={LOCAL_CALLER: "LocalCaller"})
    assert answer.status_code == 401


def test_the_real_server_makes_no_local_caller_of_a_request(tmp_path: Path) -> None:
    with server(tmp_path) as port:
        for name in _NAMES:
            sent = f"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: 1\r\nConnection: close\r\n\r\n"
            with connect(port, sent.encode()) as connection:
                assert read_to_end(connection).split(b" ")[1] in (b"400", b"401"), name


def test_what_commands_change_is_in_the_activity_log(client: httpx.Client, local: LocalApp) -> None:
    assert client.post("/people", json={"name": "ann", "role": "viewer"}).status_code == 201
    with local.database.read() as rows:
        entry = rows.scalars(select(Activity)).one()
    assert (entry.who, entry.client, entry.about["person"]) == ("owner", "command", "ann")
