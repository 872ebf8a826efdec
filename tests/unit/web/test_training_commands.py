"""`maskloop train` and `maskloop compare` check what is missing first, and always end their job."""

import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from benchmarks.training_faces import add_faces
from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from core.training import job_kind
from core.training.options import TrainOptions
from models import Job, JobState, Label
from tests.rows import add_version
from web import training_commands
from web.cli import main


@pytest.mark.parametrize("command", [["train"], ["compare", "1"]])
def test_without_tensorflow_the_command_to_install_it_is_said(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_kind, "find_spec", lambda name: None if name == "tensorflow" else find_spec(name))
    said = CliRunner().invoke(main, command, env={"MASKLOOP_DATA": str(tmp_path / "data")})
    assert said.exit_code == 2
    assert "training_not_installed" in said.stderr and "make install-train" in said.stderr
    assert not (tmp_path / "data").exists()


@pytest.fixture
def labelled(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Faces to train on, without TensorFlow and without a process."""
    add_version(db)
    add_faces(db, settings, [Label.WITH_MASK, Label.WITHOUT_MASK])
    monkeypatch.setattr(training_commands, "_open", lambda _settings: db)
    monkeypatch.setattr(job_kind, "missing_modules", list)
    return db


def read_job(db: Database) -> Job:
    with db.read() as session:
        return session.scalars(select(Job)).one()


def test_a_process_that_cannot_start_fails_the_job(
    labelled: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_process(*_: object) -> int:
        raise OSError("no memory left")

    monkeypatch.setattr(training_commands, "run_process", run_process)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(PermanentError, match="no memory left") as failed:
        training_commands.run_training(settings, TrainOptions())
    assert failed.value.code == "training_process_failed"
    job = read_job(labelled)
    assert (job.state, job.error_code) == (JobState.FAILED, "training_process_failed")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_cancels_the_job(
    labelled: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_process(*_: object) -> int:
        signal.raise_signal(signal.SIGINT)
        return 0

    monkeypatch.setattr(training_commands, "run_process", run_process)
    before = signal.getsignal(signal.SIGINT)
    assert training_commands.run_training(settings, TrainOptions()) == 130
    assert read_job(labelled).state is JobState.CANCELLED
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failure_while_following_restores_the_interrupt(
    labelled: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_epochs(*_: object) -> list[object]:
        raise OSError("disk gone")

    monkeypatch.setattr(training_commands, "read_epochs", read_epochs)
    monkeypatch.setattr(training_commands, "run_process", lambda _settings, stop: int(not stop.wait(10)))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(OSError, match="disk gone"):
        training_commands.run_training(settings, TrainOptions())
    assert signal.getsignal(signal.SIGINT) is before
