"""A promotion while jobs run: the next job uses the new champion at once, and no job ever uses two."""

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.detection.card import CHAMPION
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from core.versions.files import NewVersion, keep_files, keep_shipped, version_files
from core.versions.store import promote, register_shipped, register_version
from models import (
    ClassifierVersion,
    Face,
    Job,
    JobPhoto,
    JobState,
    Prediction,
    PromotionKind,
    VersionFileKind,
)
from tests.labelled_set import make_set
from workers.engine import run_batches
from workers.handlers import HANDLERS


def add_second_version(db: Database, settings: Settings, folder: Path) -> int:
    """The shipped network with another hash: bytes after a FlatBuffer are ignored."""
    card = json.loads((CHAMPION / "card.json").read_text())
    second = folder / "classifier.tflite"
    second.write_bytes((CHAMPION / card["classifier"]["name"]).read_bytes() + b"\0" * 16)
    store = version_files(settings)
    card["classifier"] = {"name": second.name, "sha256": store.keep(second).sha256}
    paths = {VersionFileKind.LITERT: second}
    files = keep_files(store, paths, card)
    with db.write() as session:
        return register_version(session, NewVersion(name="second", card=card, files=files)).id


def ask(db: Database, folder: Path) -> int:
    with db.write() as session:
        return request_predict(session, PredictOptions(folder=str(folder)), account_id=1, roots=[folder]).id


def versions_of(db: Database, job_id: int) -> set[int]:
    """The versions that predicted the job's photos."""
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert job.state is JobState.DONE, job.error_message
        query = (
            select(Prediction.classifier_version_id)
            .join(Face, Face.id == Prediction.face_id)
            .join(JobPhoto, JobPhoto.photo_id == Face.photo_id)
            .where(JobPhoto.job_id == job_id)
        )
        return set(session.scalars(query))


def name_of(db: Database, version_id: int) -> str:
    with db.read() as session:
        return session.get_one(ClassifierVersion, version_id).name


@pytest.fixture
def first(db: Database, settings: Settings, weights: Path) -> int:
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    with db.write() as session:
        ensure_owner(session)
        return register_shipped(session, keep_shipped(version_files(settings))).id


def test_jobs_keep_their_version_and_new_ones_have_the_new(
    db: Database, settings: Settings, first: int, tmp_path: Path
) -> None:
    settings = settings.with_changes(batch_photos=2)
    one = make_set(tmp_path / "one", each=2, boxed=0)
    other = make_set(tmp_path / "other", each=1, boxed=3, seed=4)
    running = ask(db, one)
    batches = iter(range(3))
    run_batches(db, settings, HANDLERS, is_over=lambda: next(batches, None) is None)
    second = add_second_version(db, settings, tmp_path)
    with db.write() as session:
        assert 0 < session.get_one(Job, running).photos_done < session.get_one(Job, running).photos_found
        promote(session, second, kind=PromotionKind.PERSON, account_id=1)
    asked_later = ask(db, other)
    run_batches(db, settings, HANDLERS)
    assert versions_of(db, running) == {first}
    assert versions_of(db, asked_later) == {second}
    for job_id, name in ((running, name_of(db, first)), (asked_later, "second")):
        report = settings.data / "reports" / str(job_id) / "faces.csv"
        with report.open(newline="", encoding="utf-8-sig") as file:
            named = {row["classifier_version"] for row in csv.DictReader(file)}
        assert named == {name}


def test_a_damaged_version_predicts_nothing(
    db: Database, settings: Settings, first: int, tmp_path: Path
) -> None:
    second = add_second_version(db, settings, tmp_path)
    with db.write() as session:
        promote(session, second, kind=PromotionKind.PERSON, account_id=1)
    store = version_files(settings)
    path = next(
        path
        for path in store.folder.rglob("*")
        if path.is_file() and path.stat().st_size > 2**20 and path.read_bytes().endswith(b"\0" * 16)
    )
    path.chmod(0o640)
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    job_id = ask(db, make_set(tmp_path / "set", each=1, boxed=0))
    run_batches(db, settings, HANDLERS)
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.error_code) == (JobState.FAILED, "classifier_damaged")
        assert session.scalars(select(Prediction.id)).first() is None
