"""Training jobs: train a classifier version on a dataset and evaluate it beside the champion."""

import shutil
from importlib.util import find_spec

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Runner, Stage, StageHooks
from core.jobs.request import NothingNew, add_job
from core.settings import Settings
from core.training.folder import remove_folder, tensorboard_folder
from core.training.options import PromoteBy, Start, TrainOptions
from core.versions.queries import is_imported, read_champion
from models import Decision, Job, JobState


class FitPayload(BatchPayload):
    """Requests to a running fit."""

    stop: bool = Field(False, description="End after the current step, with the best weights so far.")


def _purge_files(_session: Session, settings: Settings, job: Job) -> int:
    remove_folder(settings, job.id)
    shutil.rmtree(tensorboard_folder(settings, job.id), ignore_errors=True)
    return 0


PREPARE_STAGE = Stage(
    name="prepare",
    activity="Preparing faces",
    runner=Runner.TRAINER,
    hooks=StageHooks(on_purge=_purge_files),
)
FIT_STAGE = Stage(name="fit", activity="Training", payload=FitPayload, runner=Runner.TRAINER)
COMPARE_STAGE = Stage(name="compare", activity="Evaluating", runner=Runner.TRAINER)


def request_training(
    session: Session, options: TrainOptions, *, title: str = "", account_id: int | None
) -> Job:
    """Write a training job; the caller commits, and the trainer picks it up.

    Raises InputError training_not_installed, champion_imported, dataset_not_found, no_decisions.
    """
    check_installed()
    if options.start is Start.CHAMPION and is_imported(read_champion(session)):
        raise InputError(
            "champion_imported",
            "The champion was imported, so training cannot continue from its network. Start from ImageNet "
            "weights.",
        )
    newest = session.scalars(select(func.max(Decision.id)).where(Decision.label.is_not(None))).one()
    if options.dataset_id is not None:
        get_dataset(session, options.dataset_id)
    elif newest is None:
        raise InputError(
            "no_decisions", "No face has a label yet. Import a labelled set, or label faces in a queue."
        )
    options = options.with_changes(newest_decision=newest or 0)
    title = title.strip() or _title(options)
    return add_job(session, TRAIN, options, title=title, account_id=account_id)


def _start(session: Session, options: TrainOptions, request: JobRequest, _settings: Settings) -> Job:
    """Start a scheduled training; raises NothingNew too_few_new_decisions where too few decisions are new."""
    new = count_new_decisions(session, at_most=max(options.least_new, 1))
    if new < options.least_new:
        raise NothingNew(
            "too_few_new_decisions",
            f"{new:,} new decisions, {options.least_new:,} are required.",
        )
    return request_training(session, options, title=request.title, account_id=request.account_id)


def _check_recurring(options: TrainOptions) -> None:
    if options.dataset_id is not None:
        raise InputError(
            "schedule_dataset",
            "A dataset never changes, so training on it again teaches nothing new. Schedule a training that "
            "freezes the newest decisions.",
        )


def count_new_decisions(session: Session, *, at_most: int) -> int:
    """Decisions since the last training was requested, counted up to `at_most`, without "can't tell"."""
    before = session.scalars(
        select(Job)
        .where(Job.kind == TRAIN.name, Job.state.not_in((JobState.FAILED, JobState.CANCELLED)))
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()
    known = TRAIN.options_of(before).newest_decision if before is not None else 0
    some = select(Decision.id).where(Decision.id > known, ~Decision.cannot_tell).limit(at_most)
    return session.scalars(select(func.count()).select_from(some.subquery())).one()


def _title(options: TrainOptions) -> str:
    what = "newest decisions" if options.dataset_id is None else f"dataset {options.dataset_id}"
    how = "head and upper blocks" if options.fine_tune_epochs else "head"
    return f"Train the {how} on {what}"


TRAIN = JobKind(
    name="train",
    title="Training",
    options=TrainOptions,
    stages=(PREPARE_STAGE, FIT_STAGE, COMPARE_STAGE),
    start=_start,
    check_recurring=_check_recurring,
    needs_admin=lambda options: options.promote_by is not PromoteBy.PERSON,
).declare()


#: Modules of the `train` extra that a training imports.
_NEEDED = ("tensorflow", "keras", "h5py", "onnx", "tensorboard")
INSTALL_COMMAND = "make install-train"


def missing_modules() -> list[str]:
    """Modules of the `train` extra that are not installed; looks them up without importing them."""
    return [name for name in _NEEDED if find_spec(name) is None]


def check_installed() -> None:
    """Raise InputError training_not_installed, with the command that installs TensorFlow."""
    if missing_modules():
        raise InputError(
            "training_not_installed",
            f"Training needs TensorFlow, which is not installed here. Run `{INSTALL_COMMAND}` in Maskloop's "
            "folder, or install `maskloop[train]`, then start Maskloop again.",
        )
