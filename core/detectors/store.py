"""Stop the fit of a detector's training."""

from sqlalchemy.orm import Session

from core.detectors.job_kind import FIT_DETECTOR_STAGE, TRAIN_DETECTOR, select_detector_fit
from core.errors import InputError
from core.jobs.store import add_event
from models import EventLevel, Job


def request_detector_stop(session: Session, job_id: int) -> None:
    """Make the fit end after its current batch and continue with the weights that it has.

    Raises InputError job_not_found, training_not_fitting.
    """
    job = session.get(Job, job_id)
    if job is None or job.kind != TRAIN_DETECTOR.name:
        raise InputError("job_not_found", f"There is no training {job_id} of a detector.")
    batch = session.scalars(select_detector_fit(job_id).with_for_update(key_share=True)).one_or_none()
    if batch is None:
        raise InputError("training_not_fitting", "The training is not fitting now; there is nothing to stop.")
    batch.payload = FIT_DETECTOR_STAGE.payload_of(batch).model_copy(update={"stop": True}).to_json()
    line = "Stop requested; the weights so far are used."
    add_event(session, job_id, EventLevel.INFO, "training_stopping", line)
