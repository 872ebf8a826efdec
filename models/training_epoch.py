"""How a training goes, an epoch a row: the page draws its curves from them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class TrainingStage(StrEnum):
    """The two stages of a training."""

    #: The last layer alone, on cached features of the backbone.
    HEAD = "head"
    #: The upper blocks of the backbone too, on augmented crops.
    FINE_TUNE = "fine_tune"


class TrainingEpoch(Base):
    """Figures after one epoch; a training that is killed goes on after its last one."""

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
