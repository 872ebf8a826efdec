"""The folder that the worker and the child share, and what they write there."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from core.detection.card import Runtime
from core.jobs.options import JsonModel
from core.training.importing.options import ImportVersionOptions


class ModelFormat(StrEnum):
    """Format of a model file, by its name."""

    ONNX = "onnx"
    KERAS = "keras"


@dataclass(frozen=True, kw_only=True)
class ImportFolder:
    """Paths in one folder."""

    path: Path

    @property
    def model(self) -> Path:
        """The file as it came."""
        return self.path / "model"

    @property
    def request(self) -> Path:
        """What the child is to do."""
        return self.path / "request.json"

    @property
    def result(self) -> Path:
        """What the child found."""
        return self.path / "result.json"

    @property
    def weights(self) -> Path:
        """Arrays of a Keras file."""
        return self.path / "unpacked.weights.h5"

    @property
    def written(self) -> Path:
        """Folder of the files that a conversion writes."""
        return self.path / "written"

    def write_result(self, result: "Answer") -> None:
        """Put what the child found in place."""
        partial = self.result.with_suffix(".partial")
        partial.write_text(result.model_dump_json(), encoding="utf-8")
        partial.replace(self.result)

    def classifier(self, runtime: Runtime) -> Path:
        """The file that predicts."""
        return self.path / ("classifier.onnx" if runtime is Runtime.ONNX else "classifier.tflite")


class CheckRequest(JsonModel):
    """What the child is to check."""

    format: ModelFormat
    options: ImportVersionOptions


class Answer(JsonModel):
    """What a child answers; `code` is empty where it did what it was asked."""

    code: str = Field("", max_length=64)
    message: str = Field("", max_length=1_000)


class CheckResult(Answer):
    """What the child found."""

    runtime: Runtime = Runtime.ONNX
    side: int = 0
    #: 1 where the file takes one crop at a time, as prediction gives them.
    batch: int | None = None
    #: Whether it gave probabilities, not logits.
    probabilities: bool = False
    #: The largest difference of a probability between the file as it came and the version.
    difference: float = 0.0
    #: Numbers that it learned.
    parameters: int = 0
    #: Such as "ONNX, opset 17".
    words: str = Field("", max_length=200)
