"""A detector's training from boxed photos to a promoted version in the real process, killed in the middle."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.training_faces import add_faces, install_champion
from core.database import Database, read_clock
from core.detection.detector import FaceMaskDetector
from core.detectors.folder import detector_folder
from core.detectors.job_kind import TRAIN_DETECTOR, TrainDetectorOptions, request_detector_training
from core.detectors.store import request_detector_stop
from core.jobs.tick import return_expired
from core.settings import Settings
from core.training.folder import list_folders
from core.versions.detectors.queries import read_champion_detector, read_evaluation
from core.versions.detectors.store import promote_detector
from models import DetectorVersion, Face, Job, JobEvent, JobState, Label, Photo, PromotionKind, Split
from tests.object_store import ObjectStore
from tests.training import need_training
from workers.start import start_command

need_training()

#: Of the boxed photos, in turns.
_SPLITS = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST)
_PHOTOS = 25


@pytest.fixture
def hosts(
    db: Database, settings: Settings, weights: Path, object_store: ObjectStore, tmp_path: Path
) -> tuple[Settings, Settings]:
    """Two hosts that share a database and an object store alone, with boxed photos in splits of an import."""
    settings = object_store.settings(settings).with_changes(lease_seconds=3.0)
    hosts = settings, settings.with_changes(data=tmp_path / "other-host")
    for host in hosts:
        host.data.mkdir()
        host.weights.symlink_to(weights)
    install_champion(db, settings)
    face_ids = add_faces(db, settings, [Label.WITH_MASK] * _PHOTOS)
    with db.write() as session:
        for number, face_id in enumerate(face_ids):
            photo = session.get_one(Photo, session.get_one(Face, face_id).photo_id)
            photo.boxed_at = read_clock(session)
            photo.brought_split = _SPLITS[number % len(_SPLITS)]
    return hosts


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


def shared_checkpoints(settings: Settings, job_id: int) -> bool:
    """Whether the manifest in the object store names a checkpoint."""
    objects = detector_folder(settings, job_id).shared.objects
    assert objects is not None
    if objects.find("manifest.json") is None:
        return False
    return any("fit/checkpoints/ckpt" in name for name in json.loads(objects.read("manifest.json")))


def returned(db: Database) -> bool:
    with db.write() as session:
        return return_expired(session, max_attempts=3) > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_training_that_is_killed_and_then_stopped_at_another_host_makes_a_detector(
    db: Database, hosts: tuple[Settings, Settings], start: Callable[[Settings], subprocess.Popen[bytes]]
) -> None:
    host, other_host = hosts
    with db.write() as session:
        options = TrainDetectorOptions(steps=30)
        job_id = request_detector_training(session, options, account_id=None).id
    killed = start(host)
    wait_until(lambda: shared_checkpoints(host, job_id), "the first checkpoint is in the object store")
    killed.kill()
    killed.wait()
    wait_until(lambda: returned(db), "the batch of the killed process")
    goes_on = start(other_host)
    wait_until(lambda: steps(other_host, job_id), "what the first host has done")
    before = steps(other_host, job_id)
    wait_until(lambda: len(steps(other_host, job_id)) > len(before), "one step more")
    known = steps(other_host, job_id)
    assert known == list(range(1, len(known) + 1)), "each step once, from the last checkpoint on"
    with db.read() as session:
        prepared = session.scalars(select(JobEvent).where(JobEvent.event == "detector_prepared")).all()
    assert len(prepared) == 1, "the photos were decoded once"
    with db.write() as session:
        request_detector_stop(session, job_id)
    assert goes_on.wait(400) == 0
    _check_end(db, other_host, job_id)
    assert list_folders(host) == [job_id], "only the copy of the killed host is left, until its next training"
    assert list_folders(other_host) == []


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
