"""Predict stored faces that a classifier version has not predicted yet."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update

from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.item_errors import ItemErrors
from core.jobs.lease import lock_held, note_progress
from core.library.queries import read_photo_bytes
from core.predict.unpredicted import Unpredicted, save_predictions
from models import Job
from workers.engine import BatchRun


def predict_unpredicted(
    run: BatchRun, version_id: int, detector: FaceMaskDetector, photos: Sequence[Unpredicted]
) -> int:
    """Predict the faces of some photos, and write predictions and progress in one transaction.

    Returns the number of photos that could not be read; their faces stay without a prediction.
    """
    errors = ItemErrors()
    found = run.compute(lambda: [(each, _classify(run, detector, each, errors)) for each in photos])
    errors.check(len(photos))
    with run.db.write() as session:
        batch = lock_held(session, run.claim)
        if any(probabilities is not None for _, probabilities in found):
            note_progress(batch)
        for each, probabilities in found:
            if probabilities is not None:
                save_predictions(session, version_id, [face.id for face in each.faces], probabilities)
        done = Job.steps_done + len(photos)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=done))
    return sum(probabilities is None for _, probabilities in found)


def _classify(
    run: BatchRun, detector: FaceMaskDetector, unpredicted: Unpredicted, errors: ItemErrors
) -> NDArray[np.floating] | None:
    """Probabilities (n, 4); None for a photo that cannot be read."""
    run.check()
    try:
        with run.db.read() as session:
            data = read_photo_bytes(session, run.settings, unpredicted.photo)
        return detector.classify(decode_photo(data), unpredicted.found)
    except Exception as error:
        errors.input_error(error, photo=unpredicted.photo.id)
        return None
