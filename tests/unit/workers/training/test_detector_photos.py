"""A detector learns from the boxed photos that can be read, and from nothing where there are too few."""

from pathlib import Path

import pytest

from core.database import Database
from core.detectors.folder import detector_folder
from core.detectors.job_kind import PREPARE_DETECTOR_STAGE, TRAIN_DETECTOR, TrainDetectorOptions
from core.errors import InputError
from core.jobs.claim import claim_batch
from core.jobs.request import add_job
from core.settings import Settings
from core.training.detector.scene_store import INDEX_FILE
from models import Split
from tests.detector_rows import add_boxed
from tests.training import Late, need_training
from workers.engine import BatchRun

need_training()
preparing = Late("workers.training.detector_photos")


def test_photos_of_which_none_can_be_read_are_too_few(
    db: Database, settings: Settings, weights: Path
) -> None:
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    with db.write() as session:
        for number, split in enumerate((Split.TRAIN, Split.VALIDATION)):
            add_boxed(session, number, split)
        job_id = add_job(session, TRAIN_DETECTOR, TrainDetectorOptions(), title="t", account_id=None).id
        claim = claim_batch(session, worker="w", lease_seconds=60, kinds=[PREPARE_DETECTOR_STAGE.name])
    assert claim is not None
    with pytest.raises(InputError) as caught:
        preparing.prepare_photos(BatchRun(db=db, settings=settings, claim=claim, check=lambda: None))
    assert caught.value.code == "too_few_boxed"
    assert not (detector_folder(settings, job_id).path / INDEX_FILE).exists()
