"""An app on a scratch database, and browsers that are signed in or not."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from core.accounts import ensure_owner, new_sign_in_link
from core.database import Database, read_clock
from core.settings import Settings
from models import ClassifierVersion
from tests.conftest import made_once
from tests.unit.web.finished_job import add_finished_job
from web.factory import attach, create_app

if TYPE_CHECKING:
    from tests.unit.web.filled_folder import FilledFolder

_DATABASE = "maskloop.sqlite"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The folder that jobs may read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app of all tests: making one takes longer than most of them."""
    app = create_app(Settings(data=tmp_path_factory.mktemp("app")))
    # The processes of a parallel run need not each compile every template.
    compiled = made_once(tmp_path_factory, "compiled-templates", lambda _folder: None)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    return app


@pytest.fixture(scope="session")
def begun(one_app: Flask, sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an owner and a champion, to be copied."""
    folder = tmp_path_factory.mktemp("begun")
    shutil.copyfile(sqlite_tables, folder / _DATABASE)
    attach(one_app, Settings(data=folder))
    database: Database = one_app.extensions["maskloop"].database
    with database.write() as rows:
        ensure_owner(rows)
        rows.add(
            ClassifierVersion(
                name="test", sha256="c" * 64, champion=True, card={}, created_at=read_clock(rows)
            )
        )
    database.dispose()
    return folder


@pytest.fixture(scope="session")
def filled_folder(one_app: Flask, begun: Path, tmp_path_factory: pytest.TempPathFactory) -> "FilledFolder":
    """A data folder with a row of everything, filled once for all tests."""
    # It imports what workers do, which most tests of pages do not need.
    from tests.unit.web.filled_folder import fill_folder

    return fill_folder(one_app, begun, tmp_path_factory.mktemp("filled"))


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A data folder in which one browser is signed in, with its cookie and CSRF token."""

    folder: Path
    cookie: str
    token: str


@pytest.fixture(scope="session")
def signed_in(one_app: Flask, begun: Path, tmp_path_factory: pytest.TempPathFactory) -> SignedIn:
    """Signed in once for all tests: the requests take as long as many a test."""
    folder = tmp_path_factory.mktemp("signed-in")
    _copy(begun, folder)
    settings = Settings(data=folder)
    attach(one_app, settings)
    database: Database = one_app.extensions["maskloop"].database
    with database.write() as rows:
        link = f"/sign-in/{new_sign_in_link(rows)}"
    client = one_app.test_client()
    token = token_of(client.get(link).text)
    assert client.post(link, data={"csrf_token": token}).status_code == 302
    token = token_of(client.get("/").text)
    cookie = client.get_cookie(one_app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    database.dispose()
    return SignedIn(folder=folder, cookie=cookie.value, token=token)


def _copy(begun: Path, folder: Path) -> None:
    for name in (_DATABASE, "secret_key"):
        shutil.copy(begun / name, folder / name)


@pytest.fixture
def app(request: pytest.FixtureRequest, one_app: Flask, tmp_path: Path, photos: Path) -> Iterator[Flask]:
    """The app on a database of the test's own; a browser is signed in where the test asks for one."""
    # A port on which nothing listens: wake-ups cannot be sent, which must be harmless.
    settings = Settings(data=tmp_path / "data", allowed_roots=str(photos), broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    asks = "browser" in request.fixturenames
    _copy(
        request.getfixturevalue("signed_in").folder if asks else request.getfixturevalue("begun"),
        settings.data,
    )
    attach(one_app, settings)
    yield one_app
    one_app.extensions["maskloop"].database.dispose()


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

    def __init__(self, client: FlaskClient, home: str = "/", *, token: str = "") -> None:
        self.client = client
        self.get = client.get
        self.token = token or token_of(client.get(home).text)

    def post(self, address: str, **form: object):
        return self.client.post(address, headers={"X-CSRF-Token": self.token}, **form)


@pytest.fixture
def browser(app: Flask, signed_in: SignedIn) -> Browser:
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], signed_in.cookie)
    return Browser(client, token=signed_in.token)


@pytest.fixture
def job_id(app: Flask, database: Database, photos: Path) -> int:
    return add_finished_job(database, photos)
