"""A classifier of one's own, from its file to a champion; its worker is killed at each step."""

import signal
from io import BytesIO

import numpy as np
import pytest
from sqlalchemy import func, select, update

from benchmarks.training_faces import add_dataset, add_faces
from core.database import Database, read_clock
from core.datasets.queries import find_golden_dataset
from core.datasets.store import pin_golden
from core.errors import InputError
from core.evaluation.queries import find_comparison, find_evaluation
from core.evaluation.store import promote_by_person
from core.jobs.tick import return_expired
from core.library.files.store import photo_store
from core.library.resumable.store import begin_file
from core.library.uploads import open_upload, store_file
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from core.training.importing.job_kind import request_version_import
from core.training.importing.options import ImportVersionOptions, Scaling
from core.training.job_kind import request_training
from core.training.options import Start, TrainOptions
from core.versions.files import version_files
from core.versions.queries import get_version, is_imported, list_files, read_champion
from core.versions.store import roll_back
from models import (
    Batch,
    ClassifierVersion,
    Evaluation,
    Job,
    JobEvent,
    JobState,
    Label,
    Prediction,
    Split,
    VersionFileKind,
)
from tests.acceptance.service import wait_until
from tests.forked import fork_program, wait
from tests.training import Late, need_training
from workers.engine import run_batches
from workers.handlers import HANDLERS
from workers.training.importing_model import check_model

need_training()
pytestmark = pytest.mark.slow
classifiers = Late("benchmarks.onnx_classifier")

#: By the brightest channel: red, green, blue.
LABELS = (Label.WITHOUT_MASK, Label.INCORRECT, Label.WITH_MASK)
_FACES = list(LABELS) * 6
#: The mean of each channel is an output: all golden faces are found.
_GOOD = {"weights": 20 * np.eye(3, dtype=np.float32)}


def add_golden(db: Database, settings: Settings, labels: list[Label]) -> int:
    """A golden test set of bright squares."""
    faces = add_faces(db, settings, labels)
    rows = [(face, label, Split.TEST) for face, label in zip(faces, labels, strict=True)]
    dataset_id = add_dataset(db, rows)
    with db.write() as session:
        pin_golden(session, dataset_id)
    return dataset_id


@pytest.fixture
def golden(db: Database, ready: Settings) -> int:
    return add_golden(db, ready, _FACES)


def ask(db: Database, settings: Settings, data: bytes, name: bytes = b"colours.onnx", labels=LABELS) -> int:
    """Request an import of a file."""
    with db.write() as session:
        upload = open_upload(session, None)
        stored = store_file(BytesIO(data), name, photo_store(settings), settings)
        begin_file(
            session, upload, raw_name=name, length=len(data), number=0, settings=settings, stored=stored
        )
        options = ImportVersionOptions(upload_id=upload.id, labels=labels, scaling=Scaling.UNIT)
        return request_version_import(session, options, account_id=None).id


def work(db: Database, settings: Settings) -> None:
    run_batches(db, settings, {**HANDLERS, "check_model": check_model})


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def events_of(db: Database, job_id: int) -> list[str]:
    with db.read() as session:
        return list(session.scalars(select(JobEvent.event).where(JobEvent.job_id == job_id)))


def test_from_a_file_to_a_champion_that_predicts(db: Database, ready: Settings, golden: int) -> None:
    before = read(db)
    job_id = ask(db, ready, classifiers.onnx_bytes(3, softmax=True, arrays=_GOOD))
    work(db, ready)
    job = job_of(db, job_id)
    assert job.state is JobState.DONE, events_of(db, job_id)
    with db.read() as session:
        version = get_version(session, job.classifier_version_id)
        assert (version.name, version.parent_id, version.dataset_id) == ("colours", None, None)
        assert is_imported(version)
        origin = version.card["origin"]
        assert (origin["file"], origin["job"], origin["outputs"]) == (
            "colours.onnx",
            job_id,
            [label.value for label in LABELS],
        )
        files = {file.kind: file.sha256 for file in list_files(session, version.id)}
        assert files[VersionFileKind.IMPORTED] == origin["sha256"]
        assert files[VersionFileKind.ONNX] == version.sha256
        # The champion is evaluated beside it, on the same faces.
        assert find_evaluation(session, before, golden) is not None
        metrics = find_evaluation(session, version.id, golden).metrics
        assert metrics["unpredicted"] == ["not_a_face"]
        assert metrics["macro_f1"]["value"] > 0.9
        found = session.scalars(
            select(Prediction).where(Prediction.classifier_version_id == version.id)
        ).all()
        assert len(found) == len(_FACES)
        assert {row.not_a_face for row in found} == {None}, "what is not predicted has no probability"
        assert all(abs(row.with_mask + row.without_mask + row.incorrect - 1) < 1e-4 for row in found)
        comparison = find_comparison(session, version, find_golden_dataset(session), margin=0.01)
    assert comparison is not None and comparison.gate.passed, comparison
    with db.write() as session:
        promote_by_person(session, version.id, overrule=False, account_id=None, reason="")
    predict_folder(db, ready)
    with db.write() as session:
        with pytest.raises(InputError) as refused:
            request_training(session, TrainOptions(start=Start.CHAMPION), account_id=None)
        assert refused.value.code == "champion_imported"
        roll_back(session, account_id=None)
    assert read(db) == before


def read(db: Database) -> int:
    with db.read() as session:
        return read_champion(session).id


def predict_folder(db: Database, settings: Settings) -> None:
    """The champion predicts a photo with a face, which a report shows."""
    from core.samples.making import make_samples

    folder = settings.data.parent / "photos"
    folder.mkdir()
    make_samples(folder)
    with db.write() as session:
        options = PredictOptions(folder=str(folder))
        job_id = request_predict(session, options, account_id=None, roots=settings.roots).id
    work(db, settings)
    job = job_of(db, job_id)
    assert job.state is JobState.DONE, events_of(db, job_id)
    assert job.classifier_version_id == read(db)
    assert job.faces_with_mask + job.faces_without_mask + job.faces_incorrect + job.faces_indeterminate > 0


def test_a_refused_file_makes_no_version(db: Database, ready: Settings) -> None:
    job_id = ask(db, ready, classifiers.onnx_bytes(4))
    work(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "model_outputs")
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(ClassifierVersion)).one() == 1
    assert list((ready.data / "model-imports").iterdir()) == []


def test_without_a_golden_set_the_log_says_so(db: Database, ready: Settings) -> None:
    job_id = ask(db, ready, classifiers.onnx_bytes(3))
    work(db, ready)
    assert job_of(db, job_id).state is JobState.DONE
    assert "no_golden_set" in events_of(db, job_id)
    version_id = job_of(db, job_id).classifier_version_id
    with db.write() as session, pytest.raises(InputError) as refused:
        promote_by_person(session, version_id, overrule=False, account_id=None, reason="")
    assert refused.value.code == "no_golden_set"


def test_the_same_file_again_is_the_same_version(db: Database, ready: Settings) -> None:
    jobs = [ask(db, ready, classifiers.onnx_bytes(3)) for _ in range(2)]
    jobs.append(ask(db, ready, classifiers.onnx_bytes(3), labels=LABELS[::-1]))
    work(db, ready)
    first, again, other = (job_of(db, job_id).classifier_version_id for job_id in jobs)
    assert first == again != other


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        (b"model.h5", b"x", "model_format"),
        (b"model.pt", b"x", "model_format"),
        (b"model.onnx", b"", "empty_file"),
    ],
)
def test_files_that_are_refused_at_once(
    db: Database, ready: Settings, name: bytes, data: bytes, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        ask(db, ready, data, name)
    assert refused.value.code == code


_KILLED_AT = {
    "while the child checks": "importing_model.check_isolated",
    "before the files are kept": "importing_model.keep_files",
    "before the version is registered": "importing_model.register_version",
    "before the first stage ends": "importing_model.finish_batch",
    "before the test faces are predicted": "imported_version.predict_dataset",
    "before the evaluations are written": "imported_version.evaluate_version",
    "before the job ends": "imported_version.finish_batch",
}
_PROGRAM = """
import os, signal, sys
from core.database import Database
from core.settings import Settings
from workers import imported_version
from workers.engine import run_batches
from workers.handlers import HANDLERS
from workers.training import importing_model

module, name = sys.argv[1].split(".")
setattr(globals()[module], name, lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL))
settings = Settings.from_env()
run_batches(Database(settings.sql_url), settings, {**HANDLERS, "check_model": importing_model.check_model})
"""


def test_a_worker_killed_at_every_step_loses_and_doubles_nothing(db: Database, ready: Settings) -> None:
    """Each successor gets as far as the next kill, so it has done what the one before it lost."""
    add_golden(db, ready, list(LABELS))
    job_id = ask(db, ready, classifiers.onnx_bytes(3))
    for moment, place in _KILLED_AT.items():
        db.dispose()
        assert wait(fork_program(ready, _PROGRAM, place)) == -signal.SIGKILL, moment
        wait_until(lambda: returned(db, ready), seconds=30, what=f"the lease ends: {moment}")
        with db.write() as session:
            # A batch whose worker was lost several times pauses.
            session.execute(update(Batch).values(not_before=read_clock(session)))
    work(db, ready)
    assert job_of(db, job_id).state is JobState.DONE, events_of(db, job_id)
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(ClassifierVersion)).one() == 2
        assert session.scalars(select(func.count()).select_from(Evaluation)).one() == 2
        version = get_version(session, job_of(db, job_id).classifier_version_id)
        assert version_files(ready).path(version.sha256).is_file()
    assert list((ready.data / "model-imports").iterdir()) == []


def returned(db: Database, settings: Settings) -> bool:
    with db.write() as session:
        return bool(return_expired(session, max_attempts=settings.max_attempts))
