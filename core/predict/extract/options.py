"""What a user may choose for an extract job, checked once at construction."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.detection.options import SMALLEST_FACES, DetectionOptions
from core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ExtractOptions:
    """How small a face may be, and which photos of the library are searched."""

    #: Shortest box side that must be found, in pixels of the full-size photo.
    smallest_face: int = 16
    #: Pass over photos that are hidden as duplicates.
    leave_out_hidden: bool = True
    #: Only photos of this job, all of the library without one.
    job_id: int | None = None

    def __post_init__(self) -> None:
        low, high = SMALLEST_FACES
        if not low <= self.smallest_face <= high:
            raise InputError(
                "option_invalid", f"The smallest face must be between {low:g} and {high:g} pixels."
            )

    @property
    def detection(self) -> DetectionOptions:
        """What the detector makes of them."""
        return DetectionOptions(smallest_face=self.smallest_face)

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`; keys of other versions are passed over."""
        names = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in names})
