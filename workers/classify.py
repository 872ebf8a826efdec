"""The batch that predicts drawn faces."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from core.boxes.job_kind import CLASSIFY_STAGE
from core.boxes.queries import select_unpredicted_drawn
from core.detection.decode import decode_photo
from core.detection.detector import DEFAULT_OPTIONS, FaceMaskDetector
from core.errors import InputError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.predict.queries import read_version
from core.predict.unpredicted import Unpredicted, count_photos, read_photos, save_predictions
from models import EventLevel, Job
from workers.detector import load_detector
from workers.engine import BatchRun, handles

#: Photos whose predictions are written in one transaction: what a kill costs at most.
_SLICE = 16

#: float32 (n, 4).
Probabilities = NDArray[np.floating]


@handles(CLASSIFY_STAGE)
def classify_drawn(run: BatchRun) -> None:
    """Predict slice by slice; what is written stays, so that a killed run goes on from there.

    Faces of photos that cannot be read any more stay without a prediction, and the log says how many.
    """
    with run.db.read() as session:
        version = read_version(session, run.claim.job_id)
        left = count_photos(session, select_unpredicted_drawn(version.id))
    with run.db.write() as session:
        lock_held(session, run.claim)
        _count(session, run, steps_found=Job.steps_done + left)
    detector = load_detector(run.settings, DEFAULT_OPTIONS, version)
    after, unreadable = 0, 0
    while True:
        with run.db.read() as session:
            faces = select_unpredicted_drawn(version.id)
            slice_ = read_photos(session, faces, after_id=after, limit=_SLICE)
        if not slice_:
            break
        unreadable += _predict_slice(run, version.id, detector, slice_)
        after = slice_[-1].photo.id
    with run.db.write() as session:
        if unreadable:
            line = f"{unreadable} photos with drawn faces could not be read."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "photos_unreadable", line)
        finish_batch(session, run.claim)


def _predict_slice(
    run: BatchRun, version_id: int, detector: FaceMaskDetector, slice_: list[Unpredicted]
) -> int:
    """Predict the faces of some photos in one transaction; how many photos could not be read."""
    found = [(unpredicted, _classify(run, detector, unpredicted)) for unpredicted in slice_]
    with run.db.write() as session:
        lock_held(session, run.claim)
        for unpredicted, probabilities in found:
            if probabilities is not None:
                save_predictions(session, version_id, [face.id for face in unpredicted.faces], probabilities)
        _count(session, run, steps_done=Job.steps_done + len(slice_))
    return sum(probabilities is None for _, probabilities in found)


def _classify(run: BatchRun, detector: FaceMaskDetector, unpredicted: Unpredicted) -> Probabilities | None:
    run.check()
    try:
        with run.db.read() as session:
            data = read_photo_bytes(session, run.settings, unpredicted.photo)
        return detector.classify(decode_photo(data), unpredicted.found)
    except InputError:
        return None


def _count(session: Session, run: BatchRun, **steps: ColumnElement[int]) -> None:
    session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps))
