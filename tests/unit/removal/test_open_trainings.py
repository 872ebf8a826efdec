"""A removal deletes crops from the folders of trainings."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from core.database import Database
from core.detectors.folder import detector_folder
from core.detectors.job_kind import TRAIN_DETECTOR, TrainDetectorOptions
from core.jobs.claim import Claim, claim_batch
from core.jobs.kinds import Runner, stage_names
from core.jobs.lease import LeaseLost, lock_held, release_batch
from core.jobs.request import add_job
from core.removal.queries import plan_removal, read_feature_keys
from core.removal.store import clear_trainings
from core.removal.target import Target
from core.settings import Settings
from core.training.folder import Prepared, TrainingFolder, load_prepared, save_prepared, training_folder
from core.training.job_kind import FIT_STAGE, TRAIN
from core.training.options import TrainOptions
from core.training.queries import is_outdated
from models import Batch, JobEvent, JobState, Photo
from tests.provenance_rows import remove


def _add_training(db: Database, settings: Settings, state: JobState, keys: list[bytes]) -> tuple[Path, Claim]:
    """A training on dataset 1 whose fit batch is leased, and the folder with its crops."""
    with db.write() as session:
        job = add_job(session, TRAIN, TrainOptions(), title="Train", account_id=None)
        job.dataset_id, job.stage = 1, FIT_STAGE.name
        session.scalars(select(Batch).where(Batch.job_id == job.id)).one().kind = FIT_STAGE.name
        session.flush()
        claim = claim_batch(
            session, worker="w", lease_seconds=60, kinds=stage_names(Runner.TRAINER), job_id=job.id
        )
        job.state = state
        if state is not JobState.RUNNING:
            release_batch(session, claim)
    folder = training_folder(settings, claim.job_id)
    folder.crops.write_bytes(b"pixels")
    prepared = Prepared(
        keys=keys,
        labels=np.zeros(len(keys), np.int64),
        splits=np.array(["train"] * len(keys)),
        crop_rows=np.arange(len(keys)),
        side=32,
        backbone_sha256="b" * 64,
        dataset_id=1,
        parent_id=None,
    )
    save_prepared(prepared, folder)
    return folder.path, claim


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.PAUSED, JobState.FAILED, JobState.CANCELLED])
def test_trainings_lose_the_crops_and_restart(
    db: Database, settings: Settings, photos: list[Photo], state: JobState
) -> None:
    with db.read() as session:
        gone, kept = (read_feature_keys(session, [photo.id]) for photo in (photos[0], photos[3]))
    folder, claim = _add_training(db, settings, state, [*gone, *kept])
    under_way = state in (JobState.RUNNING, JobState.PAUSED)
    with db.read() as session:
        assert not is_outdated(session, load_prepared(TrainingFolder(path=folder)))
        plan = plan_removal(session, Target.read("photo", str(photos[0].id)))
    assert [job.id for job in plan.trainings] == [claim.job_id] * under_way
    remove(db, settings, Target.read("photo", str(photos[1].id)))
    assert folder.exists(), "that photo is not in the dataset"
    remove(db, settings, Target.read("photo", str(photos[0].id)))
    assert not folder.exists()
    with db.write() as session:
        events = session.scalars(select(JobEvent.event).where(JobEvent.job_id == claim.job_id)).all()
        assert events.count("training_restarted") == under_way
        with pytest.raises(LeaseLost):
            lock_held(session, claim)


def test_a_training_that_restarted_by_then_keeps_its_folder(
    db: Database, settings: Settings, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.read() as session:
        keys = read_feature_keys(session, [photos[0].id, photos[3].id])
    folder, claim = _add_training(db, settings, JobState.RUNNING, keys)

    def claimed_first(session, *args) -> None:
        assert claim_batch(
            session, worker="w", lease_seconds=60, kinds=stage_names(Runner.TRAINER), job_id=claim.job_id
        )
        clear_trainings(session, *args)

    monkeypatch.setattr("workers.removal.clear_trainings", claimed_first)
    remove(db, settings, Target.read("photo", str(photos[0].id)))
    with db.read() as session:
        assert folder.exists() and is_outdated(session, load_prepared(TrainingFolder(path=folder)))


def test_photos_of_a_detectors_training_go_from_its_folder(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    with db.write() as session:
        job = add_job(session, TRAIN_DETECTOR, TrainDetectorOptions(), title="Train", account_id=None)
        job.state, job_id = JobState.CANCELLED, job.id
    folder = detector_folder(settings, job_id).path
    (folder / "scenes.raw").write_bytes(b"pixels")
    remove(db, settings, Target.read("photo", str(photos[0].id)))
    assert not folder.exists(), "it held whole photos of any source"
