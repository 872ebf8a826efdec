"""What may be chosen when a dataset is frozen."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.errors import InputError

_MOST_PIXELS = 512


@dataclass(frozen=True, kw_only=True)
class FreezeOptions:
    """Which labelled faces go in; raises InputError option_invalid."""

    #: People whose standing decision must be the label that counts; an imported set is one of them.
    agreeing: int = 1
    #: Faces with a smaller square root of their area, in pixels, are left out.
    smallest_face: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.agreeing <= 5:
            raise InputError("option_invalid", "Between 1 and 5 people must agree.")
        if not 0 <= self.smallest_face <= _MOST_PIXELS:
            raise InputError("option_invalid", f"The smallest face is 0 to {_MOST_PIXELS} pixels.")

    def to_json(self) -> dict[str, Any]:
        """As `Dataset.options` and `Job.options` store it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote; other keys are passed over."""
        names = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in names})
