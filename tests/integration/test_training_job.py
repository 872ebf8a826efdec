"""A training from decisions to an evaluated version in the real process, killed in the middle of an epoch."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from benchmarks.training_faces import add_dataset, add_faces, install_champion
from core.database import Database
from core.datasets.queries import read_faces
from core.errors import PermanentError
from core.jobs.tick import return_expired
from core.removal.target import Target
from core.settings import Settings
from core.training.folder import Prepared, list_folders, load_prepared, training_folder
from core.training.job_kind import TRAIN, request_training
from core.training.options import TrainOptions
from core.training.queries import read_epochs
from core.training.store import request_stop
from core.versions.files import version_card, version_files
from core.versions.queries import list_files
from models import (
    ClassifierVersion,
    Evaluation,
    Face,
    Job,
    JobEvent,
    JobState,
    Label,
    Split,
    TakedownBy,
    TrainingEpoch,
    TrainingStage,
    VersionFileKind,
)
from tests.acceptance.service import MASKLOOP
from tests.object_store import ObjectStore
from tests.provenance_rows import remove
from tests.training import need_training
from workers.engine import run_batches
from workers.setup import prepare
from workers.start import start_command
from workers.training.process import training_handlers

need_training()

_LABELS = [Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT]


@pytest.fixture
def ready(db: Database, settings: Settings, weights: Path) -> Settings:
    return made_ready(db, settings, weights)


def made_ready(db: Database, settings: Settings, weights: Path) -> Settings:
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    install_champion(db, settings)
    # One batch of the fit in each epoch.
    add_faces(db, settings, _LABELS * 20)
    return settings


@pytest.fixture
def hosts(
    db: Database, settings: Settings, weights: Path, object_store: ObjectStore, tmp_path: Path
) -> tuple[Settings, Settings]:
    """Two hosts that share a database and an object store alone."""
    first = made_ready(db, object_store.settings(settings).with_changes(lease_seconds=3.0), weights)
    second = first.with_changes(data=tmp_path / "other-host")
    second.data.mkdir()
    second.weights.symlink_to(weights)
    return first, second


def request(db: Database, options: TrainOptions) -> int:
    with db.write() as session:
        return request_training(session, options, account_id=None).id


@pytest.fixture
def start() -> Iterator[Callable[[Settings], subprocess.Popen[bytes]]]:
    """Starts training processes, which do not outlive the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(settings: Settings) -> subprocess.Popen[bytes]:
        command = start_command("workers.training.process")
        environment = {**settings.to_child_env(), "TF_CPP_MIN_LOG_LEVEL": "3"}
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_until(look: Callable[[], object], what: str, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def epochs(db: Database, job_id: int) -> list[TrainingEpoch]:
    with db.read() as session:
        return read_epochs(session, job_id)


def fine_tuned(db: Database, job_id: int) -> list[tuple[int, float]]:
    done = epochs(db, job_id)
    return [(each.number, each.loss) for each in done if each.stage is TrainingStage.FINE_TUNE]


def returned(db: Database) -> bool:
    with db.write() as session:
        return return_expired(session, max_attempts=3) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_training_that_is_killed_and_then_stopped_at_another_host_loses_no_epoch(
    db: Database, hosts: tuple[Settings, Settings], start: Callable[[Settings], subprocess.Popen[bytes]]
) -> None:
    settings, other_host = hosts
    job_id = request(db, TrainOptions(head_epochs=2, fine_tune_epochs=50, patience=50))
    killed = start(settings)
    wait_until(lambda: fine_tuned(db, job_id), "the first epoch of the upper blocks")
    begun = _computed(killed)
    wait_until(lambda: _computed(killed) > begun + 0.3, "the middle of the next epoch")
    killed.kill()
    killed.wait()
    before = fine_tuned(db, job_id)
    wait_until(lambda: returned(db), "the batch of the killed process")
    goes_on = start(other_host)
    wait_until(lambda: len(fine_tuned(db, job_id)) > len(before), "one epoch more")
    with db.write() as session:
        request_stop(session, job_id)
    assert goes_on.wait(240) == 0
    known = fine_tuned(db, job_id)
    assert known[: len(before)] == before
    assert [number for number, _ in known] == list(range(1, len(known) + 1))
    assert len(known) < 50
    _check_end(db, other_host, job_id)
    assert list_folders(other_host) == []


def _computed(process: subprocess.Popen[bytes]) -> float:
    """CPU seconds of the process so far."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def _check_end(db: Database, settings: Settings, job_id: int) -> None:
    """The training registered a version with all files and evaluated it beside the champion."""
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.error_message) == (JobState.DONE, None)
        assert job.steps_done == job.steps_found
        assert job.classifier_version_id is not None
        version = session.get_one(ClassifierVersion, job.classifier_version_id)
        missing = set(VersionFileKind) - {file.kind for file in list_files(session, version.id)}
        # Files that no training of this version makes, and one that the checks of an export may leave out.
        of_others = {VersionFileKind.CORRECTION, VersionFileKind.IMPORTED}
        assert of_others <= missing <= of_others | {VersionFileKind.LITERT_INT8}
        assert (version.dataset_id, version.parent_id, version.champion) == (job.dataset_id, 1, False)
        measured = session.scalars(select(Evaluation.classifier_version_id)).all()
        assert sorted(measured) == [1, version.id]
        card = version_card(version, version_files(settings))
        assert card.path(card.classifier).stat().st_size > 1_000_000
    assert not (settings.data / "training" / str(job_id)).exists()


@pytest.mark.slow
@pytest.mark.timeout(480)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_photo_that_is_removed_between_two_stages_is_not_learnt_from(
    db: Database, ready: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = training_handlers()
    job_id = request(db, TrainOptions(head_epochs=1, fine_tune_epochs=0))
    stages = [{stage.name: handlers[stage.name]} for stage in TRAIN.stages]
    for handlers in stages[:2]:
        run_batches(db, ready, handlers, job_id=job_id)
    folder = training_folder(ready, job_id)
    before = load_prepared(folder)
    with db.read() as session:
        dataset_id = session.get_one(Job, job_id).dataset_id
        face = read_faces(session, dataset_id, (Split.VALIDATION,))[0]
    assert before is not None and folder.fitted.exists()
    remove(db, ready, Target(by=TakedownBy.PHOTO, value=str(face.photo_id)))
    assert not folder.path.exists()
    exported: list[Prepared] = []

    def refuse_export(prepared: Prepared, *_: object, **__: object) -> None:
        exported.append(prepared)
        raise PermanentError("refused", "What is exported is known.")

    monkeypatch.setattr("workers.training.evaluating.export", refuse_export)
    run_batches(db, ready, stages[2], job_id=job_id)
    with db.read() as session:
        assert session.get_one(Job, job_id).error_code == "refused"
        lines = session.scalars(select(JobEvent.message).where(JobEvent.event == "training_prepared")).all()
    counts = [int(re.search(r": (\d+) faces", line)[1]) for line in lines]
    assert counts == [len(before.keys), len(before.keys) - 1]
    assert len(exported[0].keys) == len(before.keys) - 1


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_a_comparison_is_stopped_and_made_anew(tmp_path: Path, weights: Path) -> None:
    settings = Settings(data=tmp_path / "data", min_free_bytes=0)
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    prepare(settings)
    db = Database(settings.sql_url)
    add_faces(db, settings, _LABELS * 10)
    sides = [Split.TRAIN] * 7 + [Split.VALIDATION, Split.TEST, Split.TEST]
    with db.read() as session:
        ids = session.scalars(select(Face.id).order_by(Face.id)).all()
    faces = [(id_, _LABELS[at % 3], sides[at // 3 % 10]) for at, id_ in enumerate(ids)]
    command = [MASKLOOP, "compare", str(add_dataset(db, faces)), "--epochs", "1", "--fine-tune"]
    environment = {**settings.to_child_env(), "TF_CPP_MIN_LOG_LEVEL": "3"}
    begun = subprocess.Popen([*command, "30"], env=environment, stdout=subprocess.DEVNULL)
    wait_until(lambda: epochs(db, 1), "the first epoch")
    begun.send_signal(signal.SIGINT)
    assert begun.wait(60) == 130
    with db.read() as session:
        assert session.get_one(Job, 1).state is JobState.CANCELLED
    ended = subprocess.run([*command, "0"], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    head, rows = ended.stdout.partition("The same faces, both ways")[::2]
    assert "Training as a job" in head and "Training as a tutorial does" in head
    table = {row.split("│")[1].strip(): row.split("│")[2:4] for row in rows.splitlines() if "│" in row}
    assert [value.strip() for value in table["accuracy on test faces"]] == ["too few (6 faces)"] * 2
    assert all(value.strip().endswith(" s") for value in table["time"])
    with db.read() as session:
        assert session.get_one(Job, 2).state is JobState.DONE
    db.dispose()
