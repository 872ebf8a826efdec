"""Faces of jobs, and what is known of one face."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from core.labels.final_label import Decided, DecidedLabel
from core.results.pages.faces import ListedFace
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.reports.rows import FaceBox
from core.review.queries import FaceHistory, VersionPrediction
from models import BoxState, Choice, Decision, Label
from web.api_v1.schemas.base import Answer, Asked, ListQuery
from web.api_v1.schemas.results import ResultFace


class FaceFilter(StrEnum):
    """Labels by which the faces of a job are listed."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    INDETERMINATE = "indeterminate"
    NOT_LABELLED = "not_labelled"


class FaceQuery(ListQuery):
    """Which faces of a job to list."""

    label: FaceFilter | None = Field(None, description="Faces with this label alone.")
    labels: ShownLabels = Field(
        ShownLabels.FINAL, description="Whether `label` and `below` are about final or predicted labels."
    )
    below: float | None = Field(
        None, gt=0, le=1, description="Faces that are less sure than this; a decided face is sure."
    )
    hidden: bool = Field(True, description="Whether faces of photos hidden as duplicates are listed.")

    @property
    def filter(self) -> ResultsFilter:
        """The filter of the photos, which is that of the page."""
        return ResultsFilter(
            shown=Shown(self.label.value) if self.label else Shown.ALL,
            labels=self.labels,
            confidence_below=self.below,
            without_hidden=not self.hidden,
        )


class JobFaceAnswer(ResultFace):
    """A face of a job, with its photo."""

    photo_id: int
    position: int = Field(description="Of the photo in the job.")
    name: str = Field(description="Of the photo in the job.")
    origin: FaceBox = Field(description="Where the box comes from, and whether it still stands.")

    @classmethod
    def of_listed(cls, listed: ListedFace) -> Self:
        """The row as answered."""
        return cls(
            **ResultFace.of(listed.face).model_dump(),
            photo_id=listed.photo_id,
            position=listed.position,
            name=listed.name,
            origin=listed.face.box,
        )


class JobFaceList(Answer):
    """A page of a job's faces; fewer faces than asked for do not mean the end."""

    faces: list[JobFaceAnswer]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class FacePrediction(Answer):
    """What a classifier version says about a face."""

    version_id: int
    version: str
    champion: bool
    label: Label
    probabilities: dict[str, float | None] = Field(
        description="By label; null for one that the version does not predict."
    )

    @classmethod
    def of(cls, found: VersionPrediction) -> Self:
        """The row as answered."""
        return cls(
            version_id=found.version.id,
            version=found.version.name,
            champion=found.version.champion,
            label=found.prediction.label,
            probabilities={label.value: getattr(found.prediction, label.value) for label in Label},
        )


class OneFace(Answer):
    """One face; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    id: int
    photo_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    detector_score: float = Field(description="1 for a box that a person drew.")
    box_state: BoxState | None = Field(description="What edits made of the box; null without any.")
    landmarks: list[list[float]] = Field(
        description="[x, y] of right eye, left eye, nose tip, right and left mouth corner."
    )
    blur: float | None = Field(description="Variance of the Laplacian at 112 px: low means blurred.")
    brightness: float | None = Field(description="Mean grey level, 0 to 255.")
    decided: DecidedLabel | None
    decided_at: datetime | None
    predictions: list[FacePrediction] = Field(description="By version, the newest first.")

    @classmethod
    def of(cls, history: FaceHistory, decided: Decided | None) -> Self:
        """The row as answered."""
        face = history.face
        same = ("id", "photo_id", "x1", "y1", "x2", "y2", "box_state", "landmarks", "blur", "brightness")
        return cls(
            **{name: getattr(face, name) for name in same},
            detector_score=face.score,
            decided=decided.label if decided else None,
            decided_at=decided.at if decided else None,
            predictions=[FacePrediction.of(each) for each in history.versions],
        )


class FaceDecision(Answer):
    """One decision about a face; decisions are only added."""

    id: int
    choice: Choice | None = Field(description="Null undoes the same person's earlier decision.")
    account: str | None = Field(
        description="Null for an imported set, a deleted account, and whom a limited account does not see."
    )
    queue: str = Field(description="Where it was made.")
    milliseconds: int | None
    created_at: datetime

    @classmethod
    def of(cls, decision: Decision, account: str | None) -> Self:
        """The row as answered."""
        same = ("id", "choice", "queue", "milliseconds", "created_at")
        return cls(**{name: getattr(decision, name) for name in same}, account=account)


class FaceDecisions(Answer):
    """The newest decisions about a face, and what they come to."""

    decided: DecidedLabel | None
    decisions: list[FaceDecision]


class DecisionRequest(Asked):
    """A decision about a face."""

    label: Choice | None = Field(description="A label or `cannot_tell`; null undoes the caller's decision.")
    milliseconds: int | None = Field(None, ge=0, le=3_600_000, description="Time that the person took.")
