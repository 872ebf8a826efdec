"""Photos of this machine are sent to a service, or read in place, and their report is brought."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from core.database import Database
from core.settings import Settings
from maskloop_client import ConnectionFailed
from maskloop_client.errors import UploadInterrupted
from models import Scope
from tests.unit.web.commands.conftest import Say, environment, make_token
from web.cli import main
from web.factory import create_app
from workers.drain import drain_job

_PHOTO = Path(__file__).resolve().parents[4] / "core" / "samples" / "astronaut.jpg"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A photo, and a file that is none, outside the roots of the service."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "astronaut.jpg").write_bytes(_PHOTO.read_bytes())
    (folder / "empty.jpg").write_bytes(b"")
    return folder


@pytest.fixture
def served(healthy: Settings) -> Iterator[Say]:
    """Commands on a service over HTTP whose jobs are done by a thread."""
    app = create_app(healthy.with_changes(allowed_roots=str(healthy.data)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    database = Database(healthy.sql_url)
    over = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, daemon=True),
        threading.Thread(target=_work, args=(healthy, database, over), daemon=True),
    ]
    for thread in threads:
        thread.start()
    env = {
        "MASKLOOP_URL": f"http://127.0.0.1:{server.server_port}",
        "MASKLOOP_TOKEN": make_token(database, Scope.READ, Scope.SUBMIT),
        "COLUMNS": "120",
    }
    yield lambda *words: CliRunner().invoke(main, words, env=env)
    over.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()
    database.dispose()
    app.extensions["maskloop"].database.dispose()


def _work(settings: Settings, database: Database, over: threading.Event) -> None:
    """Do every job that is requested."""
    from sqlalchemy import select

    from models import Job, JobState

    while not over.wait(0.1):
        with database.read() as rows:
            waiting = rows.scalars(select(Job.id).where(Job.state == JobState.WAITING)).first()
        if waiting is not None:
            drain_job(settings, waiting, over)


def test_a_folder_is_sent_and_its_report_comes_back(served: Say, pictures: Path, tmp_path: Path) -> None:
    said = served("run", str(pictures), "--out", str(tmp_path / "out"))
    assert said.exit_code == 1, said.stderr
    assert "Sent 2 of 2 files" in said.stderr
    assert "1 photo read" in said.stdout and "empty_file" in said.stdout
    assert said.stdout.splitlines()[-1] == str(tmp_path / "out" / "report.html")
    table = (tmp_path / "out" / "photos.csv").read_text(encoding="utf-8-sig")
    assert "astronaut.jpg" in table and "empty_file" in table
    again = served("photos", str(pictures / "astronaut.jpg"), "--wait", "--quiet")
    assert again.exit_code == 0 and "photos read: 1" in again.stdout.splitlines()


def test_what_is_not_there_is_said_before_anything_is_sent(served: Say, tmp_path: Path) -> None:
    said = served("photos", str(tmp_path / "gone"))
    assert said.exit_code == 2 and said.stderr.startswith("maskloop: path_not_found: ")
    assert served("jobs", "--json").stdout == "[]\n"


def test_on_a_data_folder_nothing_is_sent(healthy: Settings, pictures: Path, tmp_path: Path) -> None:
    env = environment(healthy.with_changes(allowed_roots=str(healthy.data)))
    said = CliRunner().invoke(main, ["run", str(pictures), "--json", "--quiet"], env=env)
    assert said.exit_code == 1, said.stderr
    assert f'"folder": "{pictures}"' in said.stdout and '"empty_file": 1' in said.stdout


def test_an_upload_that_is_cut_says_how_to_go_on(
    over_http: Say, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_given: object, **_named: object) -> None:
        raise UploadInterrupted(3, ConnectionFailed("no answer"))

    monkeypatch.setattr("maskloop_client._sync.uploads.Uploads.send", cut)
    said = over_http("photos", str(pictures))
    assert said.exit_code == 5
    assert said.stderr.startswith("maskloop: upload_interrupted: ") and "--upload 3" in said.stderr
