"""The rows of a training: epochs, steps, the request to stop, the faces it reads, the version it makes."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.epoch import EpochFigures
from core.training.job_kind import FIT_STAGE, TRAIN
from models import Batch, BatchState, EventLevel, Job, TrainingEpoch

_OPEN = (BatchState.WAITING, BatchState.LEASED)


def note_steps(session: Session, claim: Claim, *, done: int, found: int | None = None) -> None:
    """Tell the page how far the training is."""
    values = {"steps_done": done} if found is None else {"steps_done": done, "steps_found": found}
    session.execute(update(Job).where(Job.id == claim.job_id).values(**values))


def note_epoch(session: Session, claim: Claim, figures: EpochFigures) -> None:
    """Write an epoch's row, once; LeaseLost where the batch is held by another.

    A fit that gets on has its attempts again: only those without any epoch count as failures of it.
    """
    batch = lock_held(session, claim)
    batch.attempts = 1
    row = {"job_id": claim.job_id, "created_at": read_clock(session), **asdict(figures)}
    insert_new(session, TrainingEpoch, [row], ["job_id", "stage", "number"])


def forget_epochs(session: Session, job_id: int) -> None:
    """A preparation from the beginning is followed by a fit from the beginning."""
    session.execute(delete(TrainingEpoch).where(TrainingEpoch.job_id == job_id))


def read_epochs(session: Session, job_id: int) -> list[TrainingEpoch]:
    """Every finished epoch, the head's first."""
    query = select(TrainingEpoch).where(TrainingEpoch.job_id == job_id).order_by(TrainingEpoch.id)
    return list(session.scalars(query))


def ask_to_stop(session: Session, job_id: int) -> None:
    """Have the fit end after its current batch and go on with the best so far.

    InputError job_not_found, training_not_fitting.
    """
    job = session.get(Job, job_id)
    if job is None or job.kind != TRAIN.name:
        raise InputError("job_not_found", f"There is no training {job_id}.")
    batch = session.scalars(_fit_batch(job_id).with_for_update(key_share=True)).one_or_none()
    if batch is None:
        raise InputError("training_not_fitting", "The training is not fitting now; there is nothing to stop.")
    batch.payload = FIT_STAGE.payload_of(batch).model_copy(update={"stop": True}).to_json()
    add_event(session, job_id, EventLevel.INFO, "training_stopping", "Asked to stop with the best so far.")


def is_stop_asked(session: Session, job_id: int) -> bool:
    """Whether somebody asked the fit to stop."""
    batch = session.scalars(_fit_batch(job_id)).one_or_none()
    return batch is not None and FIT_STAGE.payload_of(batch).stop


def is_fitting(session: Session, job_id: int) -> bool:
    """Whether the fit is waited for or running."""
    return session.scalars(_fit_batch(job_id)).one_or_none() is not None


def list_trainings(session: Session, *, before_id: int | None = None, limit: int = 20) -> list[Job]:
    """Newest first; `before_id` pages on to older ones."""
    query = select(Job).where(Job.kind == TRAIN.name).order_by(Job.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Job.id < before_id)
    return list(session.scalars(query))


def _fit_batch(job_id: int) -> Select[Batch]:
    return select(Batch).where(Batch.job_id == job_id, Batch.kind == FIT_STAGE.name, Batch.state.in_(_OPEN))


def read_best(session: Session, job_ids: Sequence[int]) -> dict[int, float]:
    """The best macro F1 on validation faces of each of these trainings that has an epoch."""
    query = (
        select(TrainingEpoch.job_id, func.max(TrainingEpoch.validation_macro_f1))
        .where(TrainingEpoch.job_id.in_(job_ids))
        .group_by(TrainingEpoch.job_id)
    )
    return dict(session.execute(query).all())
