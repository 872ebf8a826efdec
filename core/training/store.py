"""Write the rows of a training: its steps, its epochs, and the request to stop the fit."""

from dataclasses import asdict

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.lease import holds, lock_held, note_progress
from core.jobs.store import add_event
from core.training.job_kind import FIT_STAGE, TRAIN
from core.training.progress import EpochMetrics
from core.training.queries import select_fit_batch
from models import Batch, EventLevel, Job, TrainingEpoch


def write_steps(session: Session, claim: Claim, *, done: int, found: int | None = None) -> None:
    """Write how many steps are done, and how many there are in total where that is given.

    A batch that comes further than any attempt before makes progress.
    """
    further = exists(select(Job.id).where(Job.id == claim.job_id, Job.steps_done < done))
    session.execute(update(Batch).where(*holds(claim), Batch.attempts > 1, further).values(attempts=1))
    values = {"steps_done": done} if found is None else {"steps_done": done, "steps_found": found}
    session.execute(update(Job).where(Job.id == claim.job_id).values(**values))


def add_epoch(session: Session, claim: Claim, metrics: EpochMetrics) -> None:
    """Write an epoch's row once; raises LeaseLost where another process holds the batch.

    A finished epoch is progress: only attempts without one count as failures.
    """
    note_progress(lock_held(session, claim))
    row = {"job_id": claim.job_id, "created_at": read_clock(session), **asdict(metrics)}
    insert_new(session, TrainingEpoch, [row], ["job_id", "stage", "number"])


def delete_epochs(session: Session, job_id: int) -> None:
    """Delete the epochs of a training that prepares, and therefore fits, from the beginning."""
    session.execute(delete(TrainingEpoch).where(TrainingEpoch.job_id == job_id))


def request_stop(session: Session, job_id: int) -> None:
    """Make the fit end after its current batch and continue with the best epoch so far.

    Raises InputError job_not_found, training_not_fitting.
    """
    job = session.get(Job, job_id)
    if job is None or job.kind != TRAIN.name:
        raise InputError("job_not_found", f"There is no training {job_id}.")
    batch = session.scalars(select_fit_batch(job_id).with_for_update(key_share=True)).one_or_none()
    if batch is None:
        raise InputError("training_not_fitting", "The training is not fitting now; there is nothing to stop.")
    batch.payload = FIT_STAGE.payload_of(batch).model_copy(update={"stop": True}).to_json()
    line = "Stop requested; the best epoch so far is used."
    add_event(session, job_id, EventLevel.INFO, "training_stopping", line)
