"""Ask for a training."""

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.jobs.request import add_job
from core.training.installed import check_installed
from core.training.options import TrainOptions
from models import Decision, Job, JobKind, JobState

#: The code of a scheduled training that has too little to learn; the schedule passes the time over.
TOO_FEW_NEW = "too_few_new_decisions"


def request_training(
    session: Session, options: TrainOptions, *, title: str = "", account_id: int | None
) -> Job:
    """Write a training job; the caller commits, the trainer finds it by itself.

    InputError training_not_installed, dataset_not_found, no_decisions.
    """
    check_installed()
    newest = session.scalars(select(func.max(Decision.id))).one()
    if options.dataset_id is not None:
        get_dataset(session, options.dataset_id)
    elif newest is None:
        raise InputError(
            "no_decisions", "No face has a label yet. Import a labelled set, or decide faces in a queue."
        )
    options = replace(options, newest_decision=newest or 0)
    title = title.strip() or _title(options)
    return add_job(session, JobKind.TRAIN, options.to_json(), title=title, account_id=account_id)


def request_retraining(session: Session, options: TrainOptions, *, title: str, account_id: int | None) -> Job:
    """As a schedule asks: only where enough is new; InputError too_few_new_decisions besides the others."""
    new = count_new_decisions(session, at_most=max(options.least_new, 1))
    if new < options.least_new:
        raise InputError(
            TOO_FEW_NEW,
            f"{new:,} of the {options.least_new:,} decisions that a training waits for are there.",
        )
    return request_training(session, options, title=title, account_id=account_id)


def count_new_decisions(session: Session, *, at_most: int) -> int:
    """Decisions since the training before was asked for, counted up to `at_most`."""
    before = session.scalars(
        select(Job)
        .where(Job.kind == JobKind.TRAIN, Job.state.not_in((JobState.FAILED, JobState.CANCELLED)))
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()
    known = TrainOptions.from_json(before.options).newest_decision if before is not None else 0
    some = select(Decision.id).where(Decision.id > known).limit(at_most)
    return session.scalars(select(func.count()).select_from(some.subquery())).one()


def _title(options: TrainOptions) -> str:
    what = "newest decisions" if options.dataset_id is None else f"dataset {options.dataset_id}"
    how = "head and upper blocks" if options.fine_tune_epochs else "head"
    return f"Train the {how} on {what}"
