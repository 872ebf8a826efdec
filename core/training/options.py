"""Options of a training."""

from enum import StrEnum

from pydantic import Field

from core.jobs.options import JobOptions

_MOST_EPOCHS = 200


class Start(StrEnum):
    """The weights that a training starts from."""

    CHAMPION = "champion"
    IMAGENET = "imagenet"


class PromoteBy(StrEnum):
    """Who makes the new version the champion."""

    PERSON = "person"
    #: The gate, automatically, if the version passes it.
    GATE = "gate"


class TrainOptions(JobOptions):
    """What a training learns from, how long, and who promotes its version."""

    dataset_id: int | None = Field(
        None, description="The dataset; without one the current decisions are frozen into a new dataset."
    )
    agreeing: int = Field(
        1, ge=1, le=5, description="For a new dataset: how many people must have chosen a face's label."
    )
    start: Start = Start.CHAMPION
    head_epochs: int = Field(40, ge=1, le=_MOST_EPOCHS, description="Maximum epochs of the head.")
    fine_tune_epochs: int = Field(
        0, ge=0, le=_MOST_EPOCHS, description="Maximum epochs of the upper blocks; 0 trains the head alone."
    )
    patience: int = Field(
        6,
        ge=1,
        le=_MOST_EPOCHS,
        description="Epochs without a better validation loss after which a stage ends.",
    )
    seed: int = Field(1, ge=0, le=2**31 - 1)
    tensorboard: bool = Field(False, description="Write TensorBoard logs.")
    promote_by: PromoteBy = PromoteBy.PERSON
    least_new: int = Field(
        0,
        ge=0,
        le=1_000_000,
        title="number of new decisions",
        description="A schedule skips a run until this many decisions are new since the last training.",
    )
    newest_decision: int = Field(
        0,
        description="Id of the newest decision at the request; the next training counts from here.",
    )
