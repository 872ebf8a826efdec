"""Where a fit stands and how long it still takes at most, from its steps and its epochs so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from core.training.options import TrainOptions
from core.training.steps import Part, StepPlan
from models.job import Job
from models.training_epoch import TrainingEpoch, TrainingStage

_LATEST = 3
_SHORT_PARTS = StepPlan(fine_tune=0).found


@dataclass(frozen=True, kw_only=True)
class FitStanding:
    """The stage that runs, its current epoch, and what is left of it."""

    stage: TrainingStage
    epoch: int
    at_most: int
    #: None before the stage's first epoch has ended.
    seconds_left: float | None


def fit_standing(
    job: Job, options: TrainOptions, epochs: Sequence[TrainingEpoch], now: datetime
) -> FitStanding:
    """Where the fit of a job stands."""
    upper = StepPlan(fine_tune=max(job.steps_found - _SHORT_PARTS, 0)).part(job.steps_done) is Part.FINE_TUNE
    stage = TrainingStage.FINE_TUNE if upper else TrainingStage.HEAD
    at_most = options.fine_tune_epochs if upper else options.head_epochs
    own = [epoch for epoch in epochs if epoch.stage is stage]
    return FitStanding(
        stage=stage,
        epoch=min(len(own) + 1, at_most),
        at_most=at_most,
        seconds_left=_seconds_left(own, at_most, now) if own else None,
    )


def _seconds_left(epochs: Sequence[TrainingEpoch], at_most: int, now: datetime) -> float:
    each = median(epoch.seconds for epoch in epochs[-_LATEST:])
    begun = (now - epochs[-1].created_at).total_seconds()
    return max(0.0, (at_most - len(epochs)) * each - begun)
