"""What a review queue is made of and how it is decided, checked once at construction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

from core.errors import InputError
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


@dataclass(frozen=True, kw_only=True)
class QueueOptions:
    """Shares in per cent of the faces, what narrows them, and how they are decided."""

    shares: Mapping[ReviewReason, int] = field(default_factory=lambda: dict(WORTHWHILE))
    limit: int = 500
    #: Only faces of this job's photos, as its classifier version judged them.
    job_id: int | None = None
    #: Only faces of photos from this host.
    host: str | None = None
    #: Only faces of photos that a crawl found by this phrase.
    phrase: str | None = None
    #: Only faces that this person decided.
    reviewer_id: int | None = None
    #: Only faces with this predicted label.
    label: Label | None = None
    #: Also what the classifier takes for no face.
    no_faces: bool = False
    #: Also faces of photos that are hidden as duplicates.
    hidden: bool = False
    #: Faces that a second person decides without knowing of the first decision.
    second_percent: int = 10
    #: Gold faces among those that a reviewer gets.
    gold_percent: int = 2
    #: Show the classifier's guess before the decision; never on audit, gold and second-looked faces.
    show_guess: bool = False

    def __post_init__(self) -> None:
        shares = {ReviewReason(reason): int(share) for reason, share in self.shares.items() if share}
        object.__setattr__(self, "shares", shares)
        if not shares or any(not 0 < share <= 100 for share in shares.values()):
            raise InputError("shares_invalid", "Give at least one kind of face a share of 1 to 100.")
        if not set(shares) <= set(CHOOSABLE):
            raise InputError("shares_invalid", "A queue cannot be made of that kind of face.")
        if not LIMITS[0] <= self.limit <= LIMITS[1]:
            raise InputError("option_invalid", f"A queue has {LIMITS[0]} to {LIMITS[1]:,} faces.")
        if not 0 <= self.second_percent <= 100 or not 0 <= self.gold_percent <= 20:
            raise InputError(
                "option_invalid", "Second decisions are 0 to 100 per cent of the faces, gold faces 0 to 20."
            )

    def to_json(self) -> dict[str, Any]:
        """As `ReviewQueue.options` and `Job.options` store it."""
        return asdict(self) | {"shares": {reason.value: share for reason, share in self.shares.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; keys of other versions are passed over."""
        names = {f.name for f in fields(cls)}
        known = {key: value for key, value in stored.items() if key in names}
        label = known.get("label")
        return cls(**known | {"label": Label(label) if label else None})
