"""Epochs of trainings, and the labels that an import assumed."""

from datetime import datetime
from typing import Self

from pydantic import Field

from models import Decision, Label, TrainingEpoch, TrainingStage
from web.api_v1.schemas.base import Answer


class Epoch(Answer):
    """Metrics after one epoch."""

    stage: TrainingStage
    number: int = Field(description="1, 2, 3 ... within the stage.")
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float
    rate: float = Field(description="Learning rate at the end of the epoch.")
    seconds: float
    created_at: datetime

    @classmethod
    def of(cls, epoch: TrainingEpoch) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(epoch, name) for name in cls.model_fields})


class Training(Answer):
    """How a training goes."""

    epochs: list[Epoch] = Field(description="The first one first.")
    validation_faces: int | None = Field(description="Null before the dataset is known.")
    fitting: bool = Field(description="Whether it can be stopped.")
    stopping: bool = Field(description="Whether it was asked to stop.")


class AssumedLabel(Answer):
    """A detection that an import took for no face, because the set has no box there."""

    decision_id: int
    face_id: int
    label: Label | None = Field(description="What the face counts as now; null without a decision.")

    @classmethod
    def of(cls, decision: Decision, now: Decision | None) -> Self:
        """The decision as answered, with the one that counts now."""
        return cls(
            decision_id=decision.id, face_id=decision.face_id, label=None if now is None else now.label
        )


class AssumedList(Answer):
    """A page of labels that an import assumed, oldest first."""

    assumed: list[AssumedLabel]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class TakenBack(Answer):
    """Labels that were taken back."""

    labels: int
