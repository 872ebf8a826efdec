"""How long a fit still takes at most, from the epochs so far."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from core.training.job.options import TrainOptions
from models.training_epoch import TrainingEpoch, TrainingStage

_LATEST = 3


def epochs_left(epochs: Sequence[TrainingEpoch], options: TrainOptions) -> int:
    """Epochs of the stage that runs now, if it does not end early."""
    stage = epochs[-1].stage if epochs else TrainingStage.HEAD
    return epochs_at_most(stage, options) - (epochs[-1].number if epochs else 0)


def epochs_at_most(stage: TrainingStage, options: TrainOptions) -> int:
    """Epochs that a stage was given."""
    return options.head_epochs if stage is TrainingStage.HEAD else options.fine_tune_epochs


def seconds_left(epochs: Sequence[TrainingEpoch], options: TrainOptions, now: datetime) -> float | None:
    """Of the stage that runs now, at most; None before its first epoch has ended."""
    if not epochs:
        return None
    last = epochs[-1]
    latest = [epoch.seconds for epoch in epochs if epoch.stage is last.stage][-_LATEST:]
    begun = (now - last.created_at).total_seconds()
    return max(0.0, epochs_left(epochs, options) * median(latest) - begun)
