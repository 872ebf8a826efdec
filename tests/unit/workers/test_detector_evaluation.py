"""Detectors are measured on the held-back photos that can be read, and on nothing else."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

import core.samples
import workers.detector_evaluation
from core.database import Database
from core.detection.weights import YUNET, find_weights
from core.detectors.job_kind import EVALUATE_DETECTOR, EVALUATE_DETECTOR_STAGE, EvaluateDetectorOptions
from core.detectors.queries import content_sha256, read_boxed
from core.errors import InputError
from core.jobs.claim import claim_batch
from core.jobs.request import add_job
from core.library.files.store import photo_store
from core.settings import Settings
from core.versions.detectors.gate import DetectorEvaluation
from models import Split
from tests.detector_rows import add_boxed, add_detector
from workers.detector_evaluation import measure_beside_champion
from workers.engine import BatchRun

PHOTO = (Path(core.samples.__file__).parent / "astronaut.jpg").read_bytes()


@pytest.fixture
def measure(db: Database, settings: Settings, weights: Path) -> Callable[[], DetectorEvaluation]:
    """Measures a detector beside YuNet."""
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    file = find_weights(YUNET.name, settings.weights).read_bytes()
    with db.write() as session:
        version_id = add_detector(session, settings, "candidate", file=file).id
        options = EvaluateDetectorOptions(version_id=version_id)
        add_job(session, EVALUATE_DETECTOR, options, title="t", account_id=None)
        claim = claim_batch(session, worker="w", lease_seconds=60, kinds=[EVALUATE_DETECTOR_STAGE.name])
    assert claim is not None
    run = BatchRun(db=db, settings=settings, claim=claim, check=lambda: None)
    return lambda: measure_beside_champion(run, version_id)


def test_a_photo_that_is_gone_is_not_among_those_of_the_evaluation(
    db: Database, settings: Settings, measure: Callable[[], DetectorEvaluation]
) -> None:
    photo_store(settings).put(BytesIO(PHOTO), max_bytes=2**20)
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    with db.write() as session:
        add_boxed(session, 1, Split.TEST, sha256=sha256, stored=True, width=512, height=512)
        add_boxed(session, 2, Split.TEST)
        readable, _gone = read_boxed(session, (Split.TEST,))
    found = measure()
    assert (found.photos, found.faces) == (1, 1)
    assert found.content_sha256 == content_sha256([readable])


def test_without_a_photo_that_can_be_read_there_is_no_evaluation(
    db: Database, measure: Callable[[], DetectorEvaluation]
) -> None:
    with db.write() as session:
        add_boxed(session, 1, Split.TEST)
    with pytest.raises(InputError) as caught:
        measure()
    assert caught.value.code == "no_boxed_tests"


def test_a_bug_that_strikes_every_photo_is_an_error_of_the_job(
    db: Database, measure: Callable[[], DetectorEvaluation], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> bytes:
        raise ZeroDivisionError

    with db.write() as session:
        add_boxed(session, 1, Split.TEST)
    monkeypatch.setattr(workers.detector_evaluation, "read_photo_bytes", fail)
    with pytest.raises(ZeroDivisionError):
        measure()
