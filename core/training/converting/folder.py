"""What the worker asks of the child that converts an imported version, and what the child answers."""

from pydantic import Field

from core.detection.card import Runtime
from core.jobs.options import JsonModel
from core.training.importing.folder import Answer
from core.training.importing.options import ImportVersionOptions
from models import VersionFileKind


class ConvertRequest(JsonModel):
    """The formats to write.

    The folder holds the file that predicts under its own name; a version that came as Keras is written from
    `model`, the file as it came.
    """

    runtime: Runtime
    side: int
    options: ImportVersionOptions
    wanted: tuple[VersionFileKind, ...]


class ConvertResult(Answer):
    """What was written into the folder `written`; `refused` says why the other formats were not."""

    names: dict[VersionFileKind, str] = Field(default_factory=dict)
    refused: dict[VersionFileKind, str] = Field(default_factory=dict)
