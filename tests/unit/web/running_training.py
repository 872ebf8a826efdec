"""Rows of a running fit, for page tests."""

from sqlalchemy import select

from core.database import Database, read_clock
from core.jobs.request import add_job
from core.training.job_kind import FIT_STAGE, TRAIN
from core.training.options import TrainOptions
from models import Batch, JobState, TrainingEpoch, TrainingStage


def add_running_training(database: Database, options: TrainOptions | None = None) -> int:
    """A training after three epochs of the head and one of the upper blocks; returns the job's id."""
    options = options or TrainOptions(fine_tune_epochs=7)
    with database.write() as rows:
        job = add_job(rows, TRAIN, options, title="Weekly training", account_id=1)
        rows.flush()
        job.state, job.stage, job.steps_found, job.steps_done = JobState.RUNNING, FIT_STAGE.name, 130, 52
        job.batches_open = 1
        job_id = job.id
    set_batch_kind(database, job_id, FIT_STAGE.name)
    for stage, number in (("head", 1), ("head", 2), ("head", 3), ("fine_tune", 1)):
        add_epoch(database, job_id, TrainingStage(stage), number)
    return job_id


def set_batch_kind(database: Database, job_id: int, kind: str) -> None:
    """Change the stage of the training's one batch."""
    with database.write() as rows:
        rows.scalars(select(Batch).where(Batch.job_id == job_id)).one().kind = kind


def add_epoch(database: Database, job_id: int, stage: TrainingStage, number: int) -> None:
    """One finished epoch."""
    with database.write() as rows:
        rows.add(
            TrainingEpoch(
                job_id=job_id,
                stage=stage,
                number=number,
                loss=1 / number,
                accuracy=0.8,
                validation_loss=1.2 / number,
                validation_accuracy=0.9,
                validation_macro_f1=0.7 + number / 100,
                rate=1e-3,
                seconds=20.0,
                created_at=read_clock(rows),
            )
        )
