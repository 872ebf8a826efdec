"""Epochs of trainings, for the curves on the page."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class TrainingStage(StrEnum):
    """The two stages of a training."""

    #: Only the last layer, on cached features of the backbone.
    HEAD = "head"
    #: The upper blocks of the backbone too, on augmented crops.
    FINE_TUNE = "fine_tune"


class TrainingEpoch(Base):
    """Metrics after one epoch; a killed training continues after its last one."""

    __tablename__ = "training_epoch"
    __table_args__ = (UniqueConstraint("job_id", "stage", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    stage: Mapped[TrainingStage] = mapped_column(text_enum(TrainingStage))
    #: 1, 2, 3 ... within the stage.
    number: Mapped[int]
    loss: Mapped[float]
    accuracy: Mapped[float]
    validation_loss: Mapped[float]
    validation_accuracy: Mapped[float]
    validation_macro_f1: Mapped[float]
    #: Learning rate at the end of the epoch.
    rate: Mapped[float]
    seconds: Mapped[float]
    created_at: Mapped[datetime]
