"""What a review queue is made of, and how it is decided."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field, field_validator, model_validator

from core.errors import InputError
from core.jobs.options import Options
from models import Label, ReviewReason

LIMITS = (1, 100_000)
#: Reasons that a queue may be made of, in the order forms show them.
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
#: What is offered after a prediction job: the faces worth a person's time, and some drawn by chance.
WORTHWHILE: Mapping[ReviewReason, int] = MappingProxyType(
    {
        ReviewReason.UNCERTAIN: 50,
        ReviewReason.DISAGREEMENT: 20,
        ReviewReason.RARE: 15,
        ReviewReason.AUDIT: 15,
    }
)


class QueueOptions(Options):
    """Which faces a queue takes, and how they are decided; InputError shares_invalid, option_invalid."""

    shares: Mapping[ReviewReason, int] = Field(
        default_factory=lambda: dict(WORTHWHILE), description="Per cent of the faces by reason."
    )
    limit: int = Field(500, ge=LIMITS[0], le=LIMITS[1], title="number of faces")
    job_id: int | None = Field(
        None, description="Only faces of this job's photos, with its classifier version's predictions."
    )
    host: str | None = Field(None, description="Only faces of photos from this host.")
    phrase: str | None = Field(None, description="Only faces of photos that a crawl found by this phrase.")
    reviewer_id: int | None = Field(None, description="Only faces that this person decided.")
    label: Label | None = Field(None, description="Only faces with this predicted label.")
    no_faces: bool = Field(False, description="Also faces that are predicted to be none.")
    hidden: bool = Field(False, description="Also faces of photos that are hidden as duplicates.")
    second_percent: int = Field(
        10,
        ge=0,
        le=100,
        title="percentage of second decisions",
        description="Faces that a second person decides without knowing the first decision.",
    )
    gold_percent: int = Field(
        2, ge=0, le=20, title="percentage of gold faces", description="Gold faces among a reviewer's faces."
    )
    show_guess: bool = Field(
        False, description="Show the prediction before the decision; never on audit, gold and second faces."
    )

    @field_validator("shares", mode="before")
    @classmethod
    def _drop_empty_shares(cls, shares: Mapping[ReviewReason, int]) -> dict[ReviewReason, int]:
        return {ReviewReason(reason): int(share) for reason, share in shares.items() if share}

    @model_validator(mode="after")
    def _has_shares(self) -> "QueueOptions":
        if not self.shares or any(not 0 < share <= 100 for share in self.shares.values()):
            raise InputError("shares_invalid", "Give at least one kind of face a share of 1 to 100.")
        if not set(self.shares) <= set(CHOOSABLE):
            raise InputError("shares_invalid", "A queue cannot be made of that kind of face.")
        return self
