"""What a user may choose for a job, checked once at construction."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.detection.options import SMALLEST_FACES, DetectionOptions
from core.errors import InputError

#: Bounds of the certainty threshold: below the lower one no label of four can lie.
CERTAINTIES = (0.25, 0.99)


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """Input and thresholds of a predict job; exactly one of `folder` and `upload_id` is given."""

    #: Absolute path of a folder on the server.
    folder: str | None = None
    #: `Upload.id` of files that a browser sent.
    upload_id: int | None = None
    #: Look into sub-folders too.
    recursive: bool = True
    #: Shortest box side that must be found, in pixels of the full-size photo.
    smallest_face: int = 16
    #: A face whose best label is less probable than this is reported as indeterminate.
    indeterminate_below: float = 0.6
    #: Have a duplicate job follow when this one is done.
    find_duplicates: bool = False
    #: Leave photos that are hidden as duplicates out of the reports.
    leave_out_hidden: bool = False

    def __post_init__(self) -> None:
        if (self.folder is None) == (self.upload_id is None):
            raise InputError("input_missing", "Give a folder or upload files, one of the two.")
        low, high = SMALLEST_FACES
        if not low <= self.smallest_face <= high:
            raise InputError(
                "option_invalid", f"The smallest face must be between {low:g} and {high:g} pixels."
            )
        check_certainty(self.indeterminate_below)

    @property
    def detection(self) -> DetectionOptions:
        """What the detector makes of them."""
        return DetectionOptions(smallest_face=self.smallest_face)

    def place_of(self, name: str) -> str:
        """Where one of the job's files is: a path below the folder, or the name it was uploaded under."""
        return name if self.folder is None else f"{self.folder.rstrip('/')}/{name}"

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`; keys of other versions are passed over."""
        names = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in names})


def check_certainty(threshold: float) -> None:
    """Raises InputError option_invalid for a threshold that makes no sense."""
    low, high = CERTAINTIES
    if not low <= threshold <= high:
        raise InputError("option_invalid", f"The certainty threshold must be between {low} and {high}.")
