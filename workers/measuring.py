"""The batch that measures classifier versions on the test faces of a dataset."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update

from core.detection.decode import decode_photo
from core.detection.detector import DEFAULT_OPTIONS, FaceMaskDetector
from core.errors import InputError
from core.evaluation.job_kind import EVALUATE_STAGE, EvaluateOptions
from core.evaluation.queries import count_unpredicted, read_unpredicted
from core.evaluation.store import evaluate_version
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.predict.unpredicted import Unpredicted, save_predictions
from core.versions.queries import get_version
from models import EventLevel, Job, Split
from workers.detector import load_detector
from workers.engine import BatchRun, handles

Probabilities = NDArray[np.float32]

_SLICE = 32


@handles(EVALUATE_STAGE)
def measure_versions(run: BatchRun) -> None:
    """Predict what is not predicted yet, a slice of photos a transaction, then write the evaluations."""
    options = _options(run)
    _count_steps(run, options)
    for version_id in options.version_ids:
        predict_dataset(run, version_id, options.dataset_id, (Split.TEST,))
    with run.db.write() as session:
        lock_held(session, run.claim)
        for version_id in options.version_ids:
            evaluation = evaluate_version(session, version_id, options.dataset_id)
            line = f"Version {version_id}: macro F1 {evaluation.metrics['macro_f1']['value']}."
            add_event(session, run.claim.job_id, EventLevel.INFO, "version_measured", line)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)


def predict_dataset(run: BatchRun, version_id: int, dataset_id: int, splits: Collection[Split]) -> None:
    """Write the predictions of a version for the faces of some sides of a dataset that have none.

    What is written stays, so that a killed run goes on from there. Faces of photos that cannot be read any
    more stay without one.
    """
    with run.db.read() as session:
        version = get_version(session, version_id)
    detector = load_detector(run.settings, DEFAULT_OPTIONS, version)
    after_id = 0
    while True:
        with run.db.read() as session:
            unpredicted = read_unpredicted(
                session, version_id, dataset_id, splits, after_id=after_id, limit=_SLICE
            )
        if not unpredicted:
            return
        _predict_slice(run, version_id, detector, unpredicted)
        after_id = unpredicted[-1].photo.id


def _predict_slice(
    run: BatchRun, version_id: int, detector: FaceMaskDetector, unpredicted: list[Unpredicted]
) -> None:
    found = [(each, _classify(run, detector, each)) for each in unpredicted]
    with run.db.write() as session:
        lock_held(session, run.claim)
        for each, probabilities in found:
            if probabilities is not None:
                save_predictions(session, version_id, [face.id for face in each.faces], probabilities)
        done = Job.steps_done + len(unpredicted)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=done))


def _classify(run: BatchRun, detector: FaceMaskDetector, unpredicted: Unpredicted) -> Probabilities | None:
    run.check()
    try:
        with run.db.read() as session:
            data = read_photo_bytes(session, run.settings, unpredicted.photo)
        return detector.classify(decode_photo(data), unpredicted.found)
    except InputError:
        return None


def _count_steps(run: BatchRun, options: EvaluateOptions) -> None:
    with run.db.write() as session:
        photos = sum(
            count_unpredicted(session, version_id, options.dataset_id, (Split.TEST,))
            for version_id in options.version_ids
        )
        row = update(Job).where(Job.id == run.claim.job_id)
        session.execute(row.values(steps_found=Job.steps_done + photos + 1))


def _options(run: BatchRun) -> EvaluateOptions:
    with run.db.read() as session:
        return EvaluateOptions.from_json(session.get_one(Job, run.claim.job_id).options)
