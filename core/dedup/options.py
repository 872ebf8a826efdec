"""What a user may choose for a duplicate job, checked once at construction."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.errors import InputError
from core.library.fingerprints.distances import LARGEST_DISTANCE, NEAR_DISTANCE

#: Groups less alike than this are for a person to look at, one by one.
LEAST_ACCEPTABLE = 0.85
#: Below this cosine of their embeddings next to no two photos are of one picture.
LEAST_SIMILAR = 0.4


@dataclass(frozen=True, kw_only=True)
class DedupOptions:
    """How near photos must be, and whether to hide at once what is very much alike."""

    #: Bits by which either hash of a member may differ from the kept photo's.
    distance: int = NEAR_DISTANCE
    #: Groups whose members are all at least so similar are accepted without a look; None: none is.
    accept_above: float | None = None
    #: Photos whose embeddings have at least this cosine are laid over each other too; None: none are.
    similar_above: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.distance <= LARGEST_DISTANCE:
            raise InputError("option_invalid", f"The distance must be between 0 and {LARGEST_DISTANCE} bits.")
        if self.accept_above is not None and not LEAST_ACCEPTABLE <= self.accept_above <= 1:
            raise InputError(
                "option_invalid", f"The similarity must be between {LEAST_ACCEPTABLE:.0%} and 100%."
            )
        if self.similar_above is not None and not LEAST_SIMILAR <= self.similar_above <= 1:
            raise InputError("option_invalid", f"The cosine must be between {LEAST_SIMILAR} and 1.")

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`; keys of other versions are passed over."""
        names = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in names})
