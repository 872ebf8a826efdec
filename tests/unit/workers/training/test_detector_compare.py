"""The version that a training of a detector makes says what it learned from."""

from dataclasses import replace

import pytest

from core.database import Database
from core.detectors.folder import detector_folder
from core.detectors.job_kind import PREPARE_DETECTOR_STAGE, TRAIN_DETECTOR, TrainDetectorOptions
from core.jobs.claim import claim_batch
from core.jobs.request import add_job
from core.settings import Settings
from core.training.detector.scene_store import write_scenes
from models import DetectorVersion, Split
from tests.detector_rows import add_boxed
from tests.training import Late, need_training
from tests.unit.training.detector.discs import scene
from workers.engine import BatchRun

need_training()
comparing = Late("workers.training.detector_compare")


@pytest.mark.parametrize(("log", "steps"), [("", 0), ('{"step": 7, "loss": 1.5}\n', 7)])
def test_a_card_says_what_was_learned_from_and_how_long(
    db: Database, settings: Settings, log: str, steps: int
) -> None:
    splits = (Split.TRAIN, Split.TRAIN, Split.VALIDATION)
    with db.write() as session:
        names = [str(add_boxed(session, number, split).id) for number, split in enumerate(splits)]
        job_id = add_job(session, TRAIN_DETECTOR, TrainDetectorOptions(), title="t", account_id=None).id
    folder = detector_folder(settings, job_id)
    scenes = [scene(number, split=split.value) for number, split in enumerate(splits)]
    write_scenes([replace(each, name=name) for each, name in zip(scenes, names, strict=True)], folder.path)
    folder.fit.mkdir()
    (folder.fit / "fit.jsonl").write_text(log)
    folder.parent.write_text("")
    folder.calibration.write_text('{"shift": -0.1}')
    folder.fitted.write_bytes(b"network")
    with db.write() as session:
        add_boxed(session, 9, Split.TRAIN)
        claim = claim_batch(session, worker="w", lease_seconds=60, kinds=[PREPARE_DETECTOR_STAGE.name])
    assert claim is not None
    run = BatchRun(db=db, settings=settings, claim=claim, check=lambda: None)
    version_id = comparing.register_trained(run)
    with db.read() as session:
        card = session.get_one(DetectorVersion, version_id).card
    assert card["data"]["photos"] == {
        "train": {"photos": 2, "faces": 4},
        "validation": {"photos": 1, "faces": 2},
    }
    assert sum(card["data"]["licences"].values()) == 3
    assert (card["steps"], card["calibration"]) == (steps, {"shift": -0.1})
