"""What may be chosen for a training."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from core.errors import InputError

MOST_EPOCHS = 200
MOST_NEW = 1_000_000


class Start(StrEnum):
    """The weights that a training begins with."""

    CHAMPION = "champion"
    IMAGENET = "imagenet"


class PromoteBy(StrEnum):
    """Who makes the new version the champion."""

    PERSON = "person"
    #: By itself, where the gate passes.
    GATE = "gate"


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Raises InputError option_invalid."""

    #: None freezes the decisions that count when the training starts.
    dataset_id: int | None = None
    #: For a freeze: people whose decision must be the label that counts.
    agreeing: int = 1
    start: Start = Start.CHAMPION
    head_epochs: int = 40
    #: 0 trains the head alone.
    fine_tune_epochs: int = 0
    #: Epochs without a better validation loss after which a stage ends.
    patience: int = 6
    seed: int = 1
    tensorboard: bool = False
    promote_by: PromoteBy = PromoteBy.PERSON
    #: Started by a schedule it is passed over until so many decisions are new since the training before.
    least_new: int = 0
    #: The newest decision when it was asked for; the next training counts its new ones from here.
    newest_decision: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "agreeing": (1, 5),
            "head_epochs": (1, MOST_EPOCHS),
            "fine_tune_epochs": (0, MOST_EPOCHS),
            "patience": (1, MOST_EPOCHS),
            "seed": (0, 2**31 - 1),
            "least_new": (0, MOST_NEW),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise InputError("option_invalid", f"{name} must be between {low} and {high}.")

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`; keys of other versions are passed over."""
        names = {field.name for field in fields(cls)}
        given = {key: value for key, value in stored.items() if key in names}
        given["start"] = Start(given.get("start", Start.CHAMPION))
        given["promote_by"] = PromoteBy(given.get("promote_by", PromoteBy.PERSON))
        return cls(**given)
