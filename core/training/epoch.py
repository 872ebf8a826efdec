"""What is told of an epoch."""

from dataclasses import dataclass

from models.training_epoch import TrainingStage


@dataclass(frozen=True, kw_only=True)
class EpochFigures:
    """One epoch, as `TrainingEpoch` keeps it."""

    stage: TrainingStage
    #: 1, 2, 3 ... within the stage.
    number: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float
    #: Learning rate at the end of the epoch.
    rate: float
    seconds: float
