"""How far a training is: the metrics of each epoch, the steps of all parts, and the time left of the fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from core.training.options import TrainOptions
from models.job import Job
from models.training_epoch import TrainingEpoch, TrainingStage


@dataclass(frozen=True, kw_only=True)
class EpochMetrics:
    """One epoch, with the columns of `TrainingEpoch`."""

    stage: TrainingStage
    #: Counted from 1 within the stage.
    number: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float
    #: Learning rate at the end of the epoch.
    rate: float
    seconds: float


class Part(StrEnum):
    """The parts of a training, in order."""

    PREPARE = "prepare"
    HEAD = "head"
    FINE_TUNE = "fine_tune"
    EVALUATE = "evaluate"


PART_OF = {TrainingStage.HEAD: Part.HEAD, TrainingStage.FINE_TUNE: Part.FINE_TUNE}
#: Steps that each of the short parts counts as.
_SHORT = 20
_BATCH = 64
#: Epochs whose median time predicts the next ones.
_RECENT = 3


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """Steps of every part of one training; a step takes about as long as one batch of fine-tuning."""

    fine_tune: int

    @classmethod
    def of(cls, training_faces: int, fine_tune_epochs: int) -> "StepPlan":
        """The plan for this number of faces; an estimate, since drawn masks are added later."""
        return cls(fine_tune=fine_tune_epochs * -(-training_faces // _BATCH))

    @property
    def total(self) -> int:
        """Steps of all parts."""
        return sum(self._sizes().values())

    def done(self, part: Part, share: float) -> int:
        """Steps done when this share of a part and all parts before it are done."""
        sizes = self._sizes()
        parts = list(Part)
        before = sum(sizes[each] for each in parts[: parts.index(part)])
        return before + int(sizes[part] * min(share, 1.0))

    def part(self, done: int) -> Part:
        """The part that a training is at after this number of steps."""
        return next((part for part in Part if done < self.done(part, 1.0)), Part.EVALUATE)

    def _sizes(self) -> dict[Part, int]:
        return {
            Part.PREPARE: _SHORT,
            Part.HEAD: _SHORT,
            Part.FINE_TUNE: self.fine_tune,
            Part.EVALUATE: _SHORT,
        }


@dataclass(frozen=True, kw_only=True)
class FitProgress:
    """The current stage and epoch of a fit, and the time left of the stage."""

    stage: TrainingStage
    epoch: int
    #: The most epochs that the stage may take.
    max_epochs: int
    #: None until the first epoch of the stage has ended.
    seconds_left: float | None


def fit_progress(
    job: Job, options: TrainOptions, epochs: Sequence[TrainingEpoch], now: datetime
) -> FitProgress:
    """The progress of a job's fit, from its steps and its finished epochs."""
    plan = StepPlan(fine_tune=max(job.steps_found - StepPlan(fine_tune=0).total, 0))
    upper = plan.part(job.steps_done) is Part.FINE_TUNE
    stage = TrainingStage.FINE_TUNE if upper else TrainingStage.HEAD
    max_epochs = options.fine_tune_epochs if upper else options.head_epochs
    finished = [epoch for epoch in epochs if epoch.stage is stage]
    return FitProgress(
        stage=stage,
        epoch=min(len(finished) + 1, max_epochs),
        max_epochs=max_epochs,
        seconds_left=_seconds_left(finished, max_epochs, now) if finished else None,
    )


def _seconds_left(finished: Sequence[TrainingEpoch], max_epochs: int, now: datetime) -> float:
    per_epoch = median(epoch.seconds for epoch in finished[-_RECENT:])
    since_last = (now - finished[-1].created_at).total_seconds()
    return max(0.0, (max_epochs - len(finished)) * per_epoch - since_last)
