"""Options of a review queue: which faces it takes, and how they are decided."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import Field, field_validator, model_validator

from core.errors import InputError
from core.jobs.options import Options
from models import Label, ReviewReason

LIMITS = (1, 100_000)
#: Reasons that the form of a queue offers, in its order.
CHOOSABLE = (
    ReviewReason.UNCERTAIN,
    ReviewReason.DISAGREEMENT,
    ReviewReason.RARE,
    ReviewReason.DIVERSE,
    ReviewReason.AUDIT,
    ReviewReason.LABEL_ERROR,
    ReviewReason.FLAGGED,
    ReviewReason.AGAIN,
    ReviewReason.ALL,
)
#: Shares of the one-click queue: the most informative faces, and a random sample.
WORTHWHILE: Mapping[ReviewReason, int] = MappingProxyType(
    {
        ReviewReason.UNCERTAIN: 50,
        ReviewReason.DISAGREEMENT: 20,
        ReviewReason.RARE: 15,
        ReviewReason.AUDIT: 15,
    }
)


class Preset(StrEnum):
    """Named shares that the form of a queue offers; `CUSTOM` takes the shares of the form."""

    INFORMATIVE = "informative"
    FIRST = "first"
    AUDIT = "audit"
    LABEL_ERRORS = "label_errors"
    AGAIN = "again"
    FLAGGED = "flagged"
    ALL = "all"
    CUSTOM = "custom"


PRESETS: Mapping[Preset, Mapping[ReviewReason, int]] = MappingProxyType(
    {
        Preset.INFORMATIVE: WORTHWHILE,
        Preset.FIRST: {ReviewReason.DIVERSE: 70, ReviewReason.AUDIT: 30},
        Preset.AUDIT: {ReviewReason.AUDIT: 100},
        Preset.LABEL_ERRORS: {ReviewReason.LABEL_ERROR: 100},
        Preset.AGAIN: {ReviewReason.AGAIN: 100},
        Preset.FLAGGED: {ReviewReason.FLAGGED: 100},
        Preset.ALL: {ReviewReason.ALL: 100},
    }
)


class QueueOptions(Options):
    """Options of a queue; raises InputError shares_invalid or option_invalid."""

    shares: Mapping[ReviewReason, int] = Field(
        default_factory=lambda: dict(WORTHWHILE), description="Percentage of the faces by reason."
    )
    limit: int = Field(500, ge=LIMITS[0], le=LIMITS[1], title="number of faces")
    job_id: int | None = Field(
        None, description="Only faces of this job's photos, with its classifier version's predictions."
    )
    host: str | None = Field(None, description="Only faces of photos from this host.")
    phrase: str | None = Field(None, description="Only faces of photos that a crawl found by this phrase.")
    reviewer_id: int | None = Field(None, description="Only faces that this person decided.")
    label: Label | None = Field(None, description="Only faces with this predicted label.")
    no_faces: bool = Field(False, description="Also faces predicted as not a face.")
    hidden: bool = Field(False, description="Also faces of photos that are hidden as duplicates.")
    second_percent: int = Field(
        10,
        ge=0,
        le=100,
        title="percentage of second decisions",
        description="Faces that a second person decides without seeing the first decision.",
    )
    gold_percent: int = Field(
        2,
        ge=0,
        le=20,
        title="percentage of gold faces",
        description="Share of gold faces among the faces of a reviewer.",
    )
    show_guess: bool = Field(
        False,
        description="Show the prediction before the decision; never for audit, gold and second decisions.",
    )
    reveal_guess: bool = Field(
        True,
        description="Show the prediction after the decision; an audit sample does not, lest it be changed.",
    )

    @field_validator("shares", mode="before")
    @classmethod
    def _drop_empty_shares(cls, shares: Any) -> Any:
        """Forms send empty ones; what is no mapping is left to the check of the field."""
        if not isinstance(shares, Mapping):
            return shares
        return {reason: share for reason, share in shares.items() if share}

    @model_validator(mode="after")
    def _has_shares(self) -> "QueueOptions":
        if not self.shares or any(not 0 < share <= 100 for share in self.shares.values()):
            raise InputError("shares_invalid", "Give at least one kind of face a share from 1 to 100.")
        if not set(self.shares) <= set(CHOOSABLE):
            raise InputError("shares_invalid", "A queue cannot be filled with that kind of face.")
        return self
