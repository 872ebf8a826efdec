"""Commands on a data folder, and the same commands on a service over HTTP."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from core.settings import Settings
from models import Scope
from tests.conftest import made_once
from web.cli import main
from workers.setup import prepare

#: Runs a command with these words.
Say = Callable[..., Result]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs stay as they are, the folder is set up, and no keyring is asked."""
    monkeypatch.setattr("web.commands.connection._prepare", lambda _settings: None)
    monkeypatch.setattr("core.logs.set_up_logs", lambda *_given, **_options: None)
    monkeypatch.setattr("keyring.get_password", lambda *_entry: None)
    # The server is in the same process: its log must not stand in what commands print.
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A data folder that is set up."""

    def make(folder: Path) -> None:
        settings = Settings(data=folder)
        shutil.copytree(weights, settings.weights)
        prepare(settings)

    return made_once(tmp_path_factory, "set-up", make)


@pytest.fixture
def healthy(set_up: Path, tmp_path: Path) -> Settings:
    """The settings of a data folder that is set up, without a service."""
    shutil.copytree(set_up, tmp_path / "data")
    (tmp_path / "data").chmod(0o700)
    return Settings(data=tmp_path / "data", min_free_bytes=0, allowed_roots=str(tmp_path), workers=1)


def make_token(database: Database, *scopes: Scope) -> str:
    """The secret of a token of the owner."""
    with database.write() as rows:
        return add_token(rows, ensure_owner(rows), name="test", scopes=scopes, days=1)[1]


def environment(settings: Settings) -> dict[str, str | None]:
    """The environment of commands on the data folder."""
    return {"MASKLOOP_URL": None, "MASKLOOP_TOKEN": None, "COLUMNS": "200", **settings.to_env()}


@pytest.fixture
def on_folder(app: Flask) -> Say:
    """Commands on the data folder."""
    settings: Settings = app.extensions["maskloop"].settings
    return lambda *words, **given: CliRunner().invoke(main, words, env=environment(settings), **given)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The address of a server of the same app."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def over_http(address: str, database: Database) -> Say:
    """Commands on the service, with a token that may do everything."""
    env = {"MASKLOOP_URL": address, "MASKLOOP_TOKEN": make_token(database, Scope.ADMIN), "COLUMNS": "200"}
    return lambda *words, **given: CliRunner().invoke(main, words, env=env, **given)


@pytest.fixture(params=["folder", "service"])
def say(request: pytest.FixtureRequest) -> Say:
    """Commands, once on the data folder and once on the service over HTTP."""
    return request.getfixturevalue("on_folder" if request.param == "folder" else "over_http")
