"""A detector's training from boxed photos to a promoted version in the real process, killed in the middle."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.training_faces import add_faces, install_champion
from core.database import Database, read_clock
from core.detection.detector import FaceMaskDetector
from core.detectors.folder import detector_folder
from core.detectors.job_kind import TRAIN_DETECTOR, TrainDetectorOptions, request_detector_training
from core.detectors.store import request_detector_stop
from core.jobs.tick import return_expired
from core.settings import Settings
from core.versions.detectors.queries import read_champion_detector, read_evaluation
from core.versions.detectors.store import promote_detector
from models import DetectorVersion, Face, Job, JobState, Label, Photo, PromotionKind, Split
from tests.training import need_training

need_training()

#: Of the boxed photos, in turns.
_SPLITS = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST)
_PHOTOS = 25


@pytest.fixture
def ready(db: Database, settings: Settings, weights: Path) -> Settings:
    """A data folder with boxed photos whose splits an import gave."""
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    install_champion(db, settings)
    face_ids = add_faces(db, settings, [Label.WITH_MASK] * _PHOTOS)
    with db.write() as session:
        for number, face_id in enumerate(face_ids):
            photo = session.get_one(Photo, session.get_one(Face, face_id).photo_id)
            photo.boxed_at = read_clock(session)
            photo.brought_split = _SPLITS[number % len(_SPLITS)]
    return settings.with_changes(lease_seconds=3.0)


@pytest.fixture
def start(ready: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts training processes, which do not outlive the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "workers.training.process"]
        environment = {**ready.to_child_env(), "TF_CPP_MIN_LOG_LEVEL": "3"}
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_until(look: Callable[[], object], what: str, seconds: float = 400) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def steps(settings: Settings, job_id: int) -> list[int]:
    """The steps of the fit's log so far."""
    log = detector_folder(settings, job_id).fit / "fit.jsonl"
    if not log.exists():
        return []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line["step"] for line in lines if "loss" in line]


def returned(db: Database) -> bool:
    with db.write() as session:
        return return_expired(session, max_attempts=3) > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_training_that_is_killed_and_then_stopped_makes_a_detector(
    db: Database, ready: Settings, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    with db.write() as session:
        options = TrainDetectorOptions(steps=60)
        job_id = request_detector_training(session, options, account_id=None).id
    # Written after the checkpoint.
    averaged = detector_folder(ready, job_id).fit / "average.weights.h5"
    killed = start()
    wait_until(averaged.exists, "the first checkpoint")
    killed.kill()
    killed.wait()
    before = steps(ready, job_id)
    wait_until(lambda: returned(db), "the batch of the killed process")
    goes_on = start()
    wait_until(lambda: len(steps(ready, job_id)) > len(before), "one step more")
    first = steps(ready, job_id)[len(before)]
    assert first > 1 and first % 6 == 1, "it went on after a checkpoint"
    with db.write() as session:
        request_detector_stop(session, job_id)
    assert goes_on.wait(400) == 0
    _check_end(db, ready, job_id)


def _check_end(db: Database, settings: Settings, job_id: int) -> None:
    """The training registered a version, measured beside YuNet, which can find the faces of jobs."""
    with db.write() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.error_message) == (JobState.DONE, None)
        assert job.steps_done == job.steps_found and job.detector_version_id is not None
        version = session.get_one(DetectorVersion, job.detector_version_id)
        assert version.name == f"detector-{job_id}" and not version.champion
        assert version.card["data"]["photos"]["train"] == {"photos": 15, "faces": 15}
        assert version.card["recipe"]["steps"] == TRAIN_DETECTOR.options_of(job).steps
        assert version.card["calibration"]["shift"] <= 0 and version.card["losses"]
        found = read_evaluation(version)
        assert found is not None and (found.photos, found.faces) == (5, 5)
        assert found.champion.ap_05 is not None and found.candidate.milliseconds > 0
        promote_detector(
            session,
            settings,
            version.id,
            kind=PromotionKind.OVERRULED,
            account_id=None,
            reason="It was trained on squares.",
        )
        card = read_champion_detector(session, settings)
        name = version.name
    detector = FaceMaskDetector(settings.weights, detector=card)
    assert detector.detector_key.startswith(f"{name}-")
    assert not (settings.data / "training" / str(job_id)).exists(), "its folder is removed at the end"
