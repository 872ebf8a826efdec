"""Options of predict jobs, and the input that predict and import jobs share."""

from typing import Any

from pydantic import Field, model_validator

from core.detection.options import SMALLEST_FACES, DetectionOptions
from core.errors import InputError
from core.jobs.options import JobOptions, Options
from core.library.pictures.anonymise import Anonymise
from core.library.selection.model import LibrarySelection

#: Bounds of the certainty threshold: the best of four labels has at least 0.25.
CERTAINTIES = (0.25, 0.99)


_FOLDER = "Absolute path of a folder on the server, or an allowed bucket such as s3://bucket/prefix."


class InputOptions(JobOptions):
    """The input of a job: exactly one of `folder` and `upload_id`, else InputError input_missing."""

    folder: str | None = Field(None, description=_FOLDER)
    upload_id: int | None = Field(None, description="Number of an upload.")

    @model_validator(mode="after")
    def _has_one_input(self) -> "InputOptions":
        if (self.folder is None) == (self.upload_id is None):
            raise InputError("input_missing", "Choose a folder or upload files, but not both.")
        return self

    @property
    def is_upload(self) -> bool:
        """Whether the files were uploaded."""
        return self.upload_id is not None

    def place_of(self, name: str) -> str:
        """The full path of one of the job's files, or its name in the upload."""
        return name if self.folder is None else f"{self.folder.rstrip('/')}/{name}"


class Thresholds(Options):
    """The certainty threshold, for predictions without a job."""

    indeterminate_below: float = Field(
        0.6,
        ge=CERTAINTIES[0],
        le=CERTAINTIES[1],
        title="certainty threshold",
        description="A face whose best label is less probable than this is reported as indeterminate.",
    )


class PredictOptions(Thresholds, InputOptions):
    """Input and thresholds of a predict job; `selection` is an input too."""

    selection: LibrarySelection | None = Field(None, description="Photos of the library.")
    recursive: bool = Field(True, description="Read sub-folders too.")
    smallest_face: int = Field(
        16,
        ge=int(SMALLEST_FACES[0]),
        le=int(SMALLEST_FACES[1]),
        title="smallest face in pixels",
        description="Shortest box side that must be found, in pixels of the full-size photo.",
    )
    anonymise: Anonymise = Field(
        Anonymise.NONE, description="What is covered of faces in the pictures of the reports."
    )
    leave_out_hidden: bool = Field(
        False, description="Leave photos that are hidden as duplicates out of the reports."
    )
    reports_to: str | None = Field(
        None,
        max_length=1000,
        description="Allowed bucket to which the reports are copied too, such as s3://bucket/results.",
    )
    files_of_job: int | None = Field(
        None,
        description="Number of a job over the same folder: only its files are read. Set in jobs over the new "
        "photos of a watched folder.",
    )

    @model_validator(mode="after")
    def _has_one_input(self) -> "PredictOptions":
        if sum(given is not None for given in (self.folder, self.upload_id, self.selection)) != 1:
            raise InputError(
                "input_missing", "Choose a folder, upload files or select photos of the library."
            )
        return self

    def to_json(self) -> dict[str, Any]:
        """The JSON of `Job.options`, without a selection or other job if there is none."""
        stored = super().to_json()
        left_out = {name for name in ("selection", "files_of_job") if stored[name] is None}
        return {key: value for key, value in stored.items() if key not in left_out}

    @property
    def input_words(self) -> str:
        """The input in plain words."""
        if self.selection is not None:
            return f"Library: {self.selection.words}"
        if self.files_of_job is not None:
            return f"{self.folder}, photos that were new"
        return self.folder or "Uploaded files"

    @property
    def detection(self) -> DetectionOptions:
        """The detector's options."""
        return DetectionOptions(smallest_face=self.smallest_face)
