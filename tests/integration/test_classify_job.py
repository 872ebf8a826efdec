"""A job predicts drawn faces, even if workers are killed."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.accounts import ensure_owner
from core.boxes.change import BoxChange
from core.boxes.job_kind import request_classify
from core.boxes.queries import read_counting_faces
from core.boxes.store import apply_change
from core.database import Database
from core.errors import InputError
from core.jobs.actions import retry_job
from core.jobs.finish import release_all
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Job, JobEvent, JobState, Prediction
from tests.acceptance.service import wait_until
from tests.forked import fork_program, kill
from tests.unit.web.finished_job import add_photo
from workers.engine import run_batches
from workers.handlers import HANDLERS

_PHOTOS = 40
_WORK = """
import time
from core.database import Database
from core.settings import Settings
from workers import unpredicted
from workers.engine import run_batches
from workers.handlers import HANDLERS

settings, slow = Settings.from_env(), unpredicted._classify
def wait(*arguments):
    time.sleep(0.02)
    return slow(*arguments)
unpredicted._classify = wait
run_batches(Database(settings.sql_url), settings, HANDLERS)
"""


@pytest.fixture
def ready(db: Database, settings: Settings, weights: Path, tmp_path: Path) -> Settings:
    """Forty photos with a drawn face each; the files of two are missing."""
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    with db.write() as rows:
        ensure_owner(rows)
        register_shipped(rows, keep_shipped(version_files(settings)))
        for number in range(_PHOTOS):
            path = tmp_path / "photos" / f"{number}.jpg"
            photo = add_photo(rows, path, (6 * number, 90, 120))
            sent = {"key": str(uuid.uuid4()), "kind": "draw", "box": [10, 20, 90, 110]}
            apply_change(rows, photo.id, BoxChange.from_json(sent), account_id=1)
            if number in (5, 30):
                path.unlink()
    return settings


def _request(db: Database) -> int:
    with db.write() as rows:
        return request_classify(rows, account_id=1).id


def _predictions(db: Database) -> int:
    with db.read() as rows:
        return rows.scalars(select(func.count()).select_from(Prediction)).one()


def test_a_killed_worker_costs_no_face(db: Database, ready: Settings) -> None:
    job_id = _request(db)
    assert _request(db) == job_id
    worker = fork_program(ready, _WORK)
    wait_until(lambda: _predictions(db) > 0, seconds=60, what="the first slice")
    kill(worker)
    assert _predictions(db) < _PHOTOS - 2
    with db.write() as rows:
        release_all(rows)
    run_batches(db, ready, HANDLERS)
    with db.read() as rows:
        job = rows.get_one(Job, job_id)
        faces = [
            face for faces in read_counting_faces(rows, range(1, _PHOTOS + 1)).values() for face in faces
        ]
        said = rows.scalars(select(JobEvent.message).where(JobEvent.event == "photos_unreadable")).all()
    assert (job.state, job.error_message) == (JobState.DONE, None)
    assert job.steps_done == job.steps_found
    assert _predictions(db) == _PHOTOS - 2
    assert sum(face.predicted is None for face in faces) == 2
    assert said == ["2 photos with drawn faces could not be read."]


def test_a_job_that_could_read_no_photo_fails(db: Database, ready: Settings, tmp_path: Path) -> None:
    job_id = _request(db)
    (tmp_path / "photos").rename(tmp_path / "away")
    run_batches(db, ready, HANDLERS)
    with db.read() as rows:
        job = rows.get_one(Job, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "photos_unreadable")
    assert job.error_message == f"None of the {_PHOTOS} photos with faces to predict could be read."
    (tmp_path / "away").rename(tmp_path / "photos")
    with db.write() as rows:
        retry_job(rows, job_id)
    run_batches(db, ready, HANDLERS)
    assert _predictions(db) == _PHOTOS - 2


def test_nothing_is_left_to_predict(db: Database, ready: Settings) -> None:
    with db.write() as rows:
        for photo_id in range(2, _PHOTOS + 1):
            (face,) = read_counting_faces(rows, [photo_id])[photo_id]
            sent = {"key": str(uuid.uuid4()), "kind": "remove", "face": str(face.face_id)}
            apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=1)
    _request(db)
    run_batches(db, ready, HANDLERS)
    with pytest.raises(InputError) as refused:
        _request(db)
    assert refused.value.code == "nothing_to_classify"
    assert _predictions(db) == 1
