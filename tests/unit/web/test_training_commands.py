"""`maskloop train` and `maskloop compare` check what is missing first, and always end their job."""

import dataclasses
import json
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

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
from tests.cases import ON_SQLITE
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


@ON_SQLITE
@pytest.mark.parametrize("as_json", [False, True])
def test_a_comparison_prints_both_results(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    # Its module imports TensorFlow, which takes seconds.
    fields = {
        "recipe": str, "seconds": float, "validation_accuracy": float, "validation_faces": int, "faces": int,
        "label_faces": dict, "accuracy": float, "macro_f1": float, "recall": dict,
    }  # fmt: skip
    result = dataclasses.make_dataclass("Result", fields)
    trained = Job(id=7, state=JobState.DONE)
    monkeypatch.setattr(training_commands, "_open", lambda _settings: None)
    monkeypatch.setattr(training_commands, "_train", lambda *_given: trained)
    figures = 3.0, 0.9, 10, 20, {"with_mask": 20}, 0.8, None, {"with_mask": 0.8}
    both = result("Maskloop", *figures), result("Tutorial, 5 epochs", *figures)
    comparison = SimpleNamespace(compare=lambda *_given, **_options: both)
    monkeypatch.setitem(sys.modules, "workers.training.baseline_comparison", comparison)
    assert training_commands.run_comparison(settings, TrainOptions(), epochs=5, as_json=as_json) == 0
    said = capsys.readouterr()
    if as_json:
        found = json.loads(said.out)
        assert (found["job"], [each["recipe"] for each in found["results"]]) == (
            7, ["Maskloop", "Tutorial, 5 epochs"],
        )  # fmt: skip
        assert "Training as a tutorial does" in said.err
    else:
        assert "Tutorial, 5 epochs" in said.out


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
