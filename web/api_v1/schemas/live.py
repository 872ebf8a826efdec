"""One photo that is looked at without a job, and the state of the cameras."""

from typing import Any, Self

from pydantic import Field

from core.detection.photo import note_words
from core.labels.final_label import PredictedLabel
from core.live.protocol import PhotoAnswer
from core.predict.options import CERTAINTIES, Thresholds
from core.results.reports.rows import FaceRow, detected_rows
from models import Label
from web.api_v1.schemas.base import Answer, Asked


class PhotoForm(Asked):
    """A form with one file."""

    photo: bytes = Field(json_schema_extra={"format": "binary"})


class LookQuery(Asked):
    """How certain a label has to be."""

    certainty: float = Field(
        Thresholds().indeterminate_below,
        ge=CERTAINTIES[0],
        le=CERTAINTIES[1],
        description="A face whose best label is less probable is indeterminate.",
    )


class KeepQuery(Asked):
    """Where the photo comes from."""

    camera: bool = Field(False, description="A frame of a camera, which has no file name.")


class SeenFace(Answer):
    """A face; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    number: int = Field(description="1, 2, 3 ... by falling detector score.")
    x1: float
    y1: float
    x2: float
    y2: float
    label: PredictedLabel
    probabilities: dict[str, float | None] = Field(
        description="By label; null for one that the version does not predict."
    )
    detector_score: float | None

    @classmethod
    def of(cls, row: FaceRow) -> Self:
        """The row as answered."""
        same: dict[str, Any] = {name: getattr(row, name) for name in ("x1", "y1", "x2", "y2")}
        return cls(
            **same,
            number=row.face_id,
            label=PredictedLabel(row.final.value),
            probabilities={
                label.value: chance for label, chance in zip(Label, row.probabilities, strict=True)
            },
            detector_score=row.detector_score,
        )


class SeenPhoto(Answer):
    """A photo with its faces, those that the classifier takes for none left out."""

    sha256: str
    width: int = Field(description="Pixels of the upright full-size photo.")
    height: int
    format: str
    frames: int = Field(description="Of a file with several pictures the first is read.")
    note: str | None = Field(description="What the reader of the photo should know, in words.")
    detector_key: str
    classifier_sha256: str
    faces: list[SeenFace]

    @classmethod
    def of(cls, answer: PhotoAnswer, certainty: float) -> Self:
        """What the live process found, with labels for that certainty."""
        read = answer.read
        rows = detected_rows(answer.faces, indeterminate_below=certainty)
        return cls(
            sha256=read.sha256,
            width=read.width,
            height=read.height,
            format=read.format,
            frames=read.frames,
            note=note_words(read.frames, read.notes) or None,
            detector_key=answer.detector_key,
            classifier_sha256=answer.classifier_sha256,
            faces=[SeenFace.of(row) for row in rows],
        )


class KeptPhotoAnswer(Answer):
    """A photo that was stored in the library."""

    photo_id: int
    face_ids: list[int]


class CameraState(Answer):
    """How many cameras are open; more than `most` are refused."""

    cameras: int
    most: int
