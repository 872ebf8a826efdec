"""An app on a scratch database, and browsers that are signed in or not."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from core.accounts import ensure_owner, new_sign_in_link
from core.database import Database, read_clock
from core.settings import Settings
from models import ClassifierVersion
from tests.unit.web.finished_job import add_finished_job
from web.factory import create_app


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The folder that jobs may read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates for the apps of all tests: compiling takes longer than most tests."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture
def app(tmp_path: Path, photos: Path, sqlite_tables: Path) -> Iterator[Flask]:
    # A port on which nothing listens: wake-ups cannot be sent, which must be harmless.
    settings = Settings(data=tmp_path / "data", allowed_roots=str(photos), broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    shutil.copyfile(sqlite_tables, settings.data / "maskloop.sqlite")
    app = create_app(settings)
    app.jinja_env.bytecode_cache = COMPILED
    database: Database = app.extensions["maskloop"].database
    with database.write() as rows:
        ensure_owner(rows)
        rows.add(
            ClassifierVersion(
                name="test", sha256="c" * 64, champion=True, card={}, created_at=read_clock(rows)
            )
        )
    yield app
    database.dispose()


@pytest.fixture
def database(app: Flask) -> Database:
    return app.extensions["maskloop"].database


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


def token_of(page: str) -> str:
    """The CSRF token that a page carries."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def link(database: Database) -> str:
    with database.write() as rows:
        return f"/sign-in/{new_sign_in_link(rows)}"


class Browser:
    """A signed-in client that sends the CSRF token of the page it last saw."""

    def __init__(self, client: FlaskClient, home: str = "/") -> None:
        self.client = client
        self.get = client.get
        self.token = token_of(client.get(home).text)

    def post(self, address: str, **form: object):
        return self.client.post(address, headers={"X-CSRF-Token": self.token}, **form)


@pytest.fixture
def browser(app: Flask, link: str) -> Browser:
    client = app.test_client()
    token = token_of(client.get(link).text)
    assert client.post(link, data={"csrf_token": token}).status_code == 302
    return Browser(client)


@pytest.fixture
def job_id(app: Flask, database: Database, photos: Path) -> int:
    return add_finished_job(database, photos)
