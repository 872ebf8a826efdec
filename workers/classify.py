"""The batch that predicts faces that a person drew."""

from sqlalchemy import update

from core.boxes.job_kind import CLASSIFY_STAGE
from core.boxes.queries import select_unpredicted_drawn
from core.detection.detector import DEFAULT_OPTIONS
from core.errors import InputError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.number_text import plural
from core.predict.queries import read_version
from core.predict.unpredicted import count_photos, read_photos
from models import EventLevel, Job
from workers.detector import load_detector
from workers.engine import BatchRun, handles
from workers.unpredicted import predict_unpredicted

#: Photos whose predictions are written in one transaction: the most that a killed run loses.
_SLICE = 16


@handles(CLASSIFY_STAGE)
def classify_drawn(run: BatchRun) -> None:
    """Predict slice by slice, so that a killed run continues from there.

    Faces of photos that can no longer be read stay without a prediction; the log says how many photos.
    """
    with run.db.read() as session:
        version = read_version(session, run.claim.job_id)
        left = count_photos(session, select_unpredicted_drawn(version.id))
    with run.db.write() as session:
        lock_held(session, run.claim)
        found = Job.steps_done + left
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_found=found))
    detector = run.compute(lambda: load_detector(run.settings, DEFAULT_OPTIONS, version))
    after_id, unreadable = 0, 0
    while True:
        with run.db.read() as session:
            faces = select_unpredicted_drawn(version.id)
            photos = read_photos(session, faces, after_id=after_id, limit=_SLICE)
        if not photos:
            break
        unreadable += predict_unpredicted(run, version.id, detector, photos)
        after_id = photos[-1].photo.id
    if 0 < left == unreadable:
        raise InputError(
            "photos_unreadable", f"None of the {left} photos with faces to predict could be read."
        )
    with run.db.write() as session:
        if unreadable:
            line = f"{plural(unreadable, 'photo')} with drawn faces could not be read."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "photos_unreadable", line)
        finish_batch(session, run.claim)
