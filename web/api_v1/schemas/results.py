"""Files of jobs with their faces."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.labels.final_label import DecidedLabel, FinalLabel, PredictedLabel
from core.results.reports.rows import FaceRow, PhotoRow
from models import JobPhotoState, Label
from web.api_v1.schemas.base import Answer


class ResultFace(Answer):
    """A face of a job's photo; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    predicted: PredictedLabel | None = Field(description="What the job's classifier version says.")
    decided: DecidedLabel | None = Field(description="What people decided; null if nobody did.")
    decided_at: datetime | None
    final: FinalLabel = Field(description="The decision where there is one, else the prediction.")
    probabilities: dict[str, float | None] | None = Field(
        description="By label; null for one that the version does not predict."
    )
    detector_score: float | None = Field(description="Null for a box that a person drew.")
    rank_score: float | None = Field(description="Detector score times the highest probability.")

    @classmethod
    def of(cls, face: FaceRow) -> Self:
        """The row as answered."""
        decided = face.decided
        return cls(
            face_id=face.face_id,
            x1=face.x1,
            y1=face.y1,
            x2=face.x2,
            y2=face.y2,
            predicted=face.predicted,
            decided=decided.label if decided else None,
            decided_at=decided.at if decided else None,
            final=face.final,
            probabilities=dict(zip(map(str, Label), face.probabilities, strict=True))
            if face.probabilities
            else None,
            detector_score=face.detector_score,
            rank_score=face.rank_score,
        )


class ResultPhoto(Answer):
    """A file of a job, also one that could not be read."""

    position: int = Field(description="0, 1, 2 ... in listing order.")
    name: str
    state: JobPhotoState
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    error_code: str | None
    error_message: str | None
    hidden: bool = Field(description="Whether it is hidden as a duplicate.")
    source: str | None
    licence: str | None
    attribution: str | None
    faces: list[ResultFace]

    @classmethod
    def of(cls, row: PhotoRow) -> Self:
        """The row as answered."""
        values = {name: getattr(row, name) for name in cls.model_fields if name != "faces"}
        return cls(**values, faces=[ResultFace.of(face) for face in row.faces])


class ResultList(Answer):
    """A page of a job's files."""

    photos: list[ResultPhoto]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
