"""What an import job is asked with."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.errors import InputError
from core.predict.options import PredictOptions


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """A labelled set: exactly one of `folder` and `upload_id` is given; InputError input_missing."""

    #: Absolute path of a folder on the server.
    folder: str | None = None
    #: `Upload.id` of files that a browser sent.
    upload_id: int | None = None

    def __post_init__(self) -> None:
        if (self.folder is None) == (self.upload_id is None):
            raise InputError("input_missing", "Give a folder or upload files, one of the two.")

    @property
    def input(self) -> PredictOptions:
        """The same input as a predict job has it: both are listed and read by the same code."""
        return PredictOptions(folder=self.folder, upload_id=self.upload_id)

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`."""
        names = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in names})
