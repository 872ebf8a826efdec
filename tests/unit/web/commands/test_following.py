"""Commands wait for a job: without a service they do its work, beside one they leave it alone."""

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.database import Database
from core.settings import Settings
from models import Job, JobState
from tests.unit.web.commands.conftest import Say, environment
from web.cli import main
from web.commands import local_work
from web.commands.local_work import is_served
from workers.processes import lock_data_folder

_PHOTO = Path(__file__).resolve().parents[4] / "core" / "samples" / "astronaut.jpg"


@pytest.fixture
def one_photo(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "astronaut.jpg").write_bytes(_PHOTO.read_bytes())
    return folder


@pytest.fixture
def on_healthy(healthy: Settings) -> Say:
    return lambda *words: CliRunner().invoke(main, words, env=environment(healthy))


def test_without_a_service_the_work_is_done_here(on_healthy: Say, one_photo: Path) -> None:
    said = on_healthy("submit", "predict", "-o", f"folder={one_photo}", "--wait", "--json")
    assert said.exit_code == 0, said.stderr
    job = json.loads(said.stdout)
    assert (job["state"], job["photos"]["done"], job["faces"]["without_mask"]) == ("done", 1, 1)
    assert "Job 1: Done, 1 of 1 photo" in said.stderr.splitlines()[-1]


def test_a_job_that_was_left_waiting_is_done_by_watch(on_healthy: Say, one_photo: Path) -> None:
    made = on_healthy("submit", "predict", "-o", f"folder={one_photo}")
    assert "No service runs here: `maskloop watch 1` does its work." in made.stderr
    said = on_healthy("watch", "1", "--quiet")
    assert (said.exit_code, said.stderr) == (0, "")
    assert "photos read: 1" in said.stdout.splitlines()


def test_beside_a_service_a_command_only_waits(
    on_healthy: Say, healthy: Settings, one_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()
    monkeypatch.setattr(local_work, "Drain", None)
    monkeypatch.setattr(local_work._Elsewhere, "look", lambda *_given: looked.set())
    on_healthy("submit", "predict", "-o", f"folder={one_photo}")
    said: list[Result] = []
    db = Database(healthy.sql_url)
    with lock_data_folder(healthy.data, note="http://127.0.0.1:1"):
        assert is_served(healthy)
        waiting = threading.Thread(target=lambda: said.append(on_healthy("watch", "1")))
        waiting.start()
        assert looked.wait(20), "the command waits"
        with db.write() as rows:
            rows.get_one(Job, 1).state = JobState.CANCELLED
        waiting.join(20)
    db.dispose()
    assert not is_served(healthy)
    assert said[0].exit_code == 130 and said[0].stderr.endswith("Cancelled after 0 photos.\n")


def test_ctrl_c_leaves_the_job(
    on_healthy: Say, healthy: Settings, one_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_healthy("submit", "predict", "-o", f"folder={one_photo}")

    class Interrupting:
        def __init__(self, *_given: object) -> None: ...
        def look(self, _job: object) -> None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(local_work, "_Elsewhere", Interrupting)
    before: Callable[..., object] | int | None = signal.getsignal(signal.SIGINT)
    with lock_data_folder(healthy.data, note="http://127.0.0.1:1"):
        said = on_healthy("watch", "1", "--quiet")
    assert said.exit_code == 130
    assert said.stderr == "Job 1 was not cancelled; `maskloop watch 1` waits again.\n"
    assert json.loads(on_healthy("jobs", "1", "--json").stdout)["state"] == "waiting"
    assert signal.getsignal(signal.SIGINT) is before
