"""Removals: which photos to delete, what that would delete, and what earlier ones deleted."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.errors import InputError
from core.library.selection.model import LibrarySelection
from core.removal.queries import DatasetLoss, RemovalPlan
from core.removal.target import Target
from models import Takedown, TakedownBy
from web.api_v1.schemas.base import Answer, Asked

#: Longest text of a target, such as the address of a page.
_LONGEST = 2000


class RemovalTarget(Asked):
    """The photos to delete: a photo, those of a page, a host or a phrase, or a selection of the library."""

    by: TakedownBy
    value: str = Field(
        "", max_length=_LONGEST, description="Number of the photo, address of the page, host or phrase."
    )
    spares: bool | None = Field(
        None,
        description="Whether photos that also have another source stay; by default those of a phrase do.",
    )
    selection: LibrarySelection | None = Field(
        None, description="By `selection` alone. Without any filter it is every photo of the library."
    )

    @property
    def target(self) -> Target:
        """The target; InputError removal_invalid or address_*."""
        if self.selection is None:
            return Target(by=self.by, value=self.value, spares=self.spares)
        if self.by is not TakedownBy.SELECTION or self.value:
            raise InputError("removal_invalid", "A selection goes with “by” selection, and without a value.")
        return Target.of(self.selection)


class RemovalRequest(RemovalTarget):
    """A removal whose dry run was looked at."""

    photos: int = Field(ge=0, description="Photos that the dry run would delete; others now are refused.")
    reason: str = Field("", max_length=1000, description="For the record.")


class DatasetLossAnswer(Answer):
    """A dataset that loses faces, and the versions that were trained on it."""

    dataset_id: int
    faces: int
    version_ids: list[int]

    @classmethod
    def of(cls, loss: DatasetLoss) -> Self:
        """The loss as answered."""
        return cls(
            dataset_id=loss.dataset.id,
            faces=loss.faces,
            version_ids=[version.id for version in loss.versions],
        )


class RemovalPlanAnswer(Answer):
    """What a removal would delete."""

    words: str = Field(description="The photos in words.")
    photos: int
    bytes: int
    faces: int
    predictions: int
    decisions: dict[str, int] = Field(description="By answer.")
    shared: int = Field(description="Matching photos that also have another source.")
    spared: int = Field(description="Of these, those that stay and lose only their matching sources.")
    jobs: int = Field(description="Jobs whose results have some of the photos.")
    datasets: list[DatasetLossAnswer]
    training_ids: list[int] = Field(description="Trainings that begin anew without the photos.")
    photo_ids: list[int] = Field(description="The newest of the photos.")

    @classmethod
    def of(cls, plan: RemovalPlan) -> Self:
        """The plan as answered."""
        same = ("photos", "bytes", "faces", "predictions", "shared", "spared", "jobs")
        return cls(
            **{name: getattr(plan, name) for name in same},
            words=plan.target.words,
            decisions={choice.value: count for choice, count in plan.decisions.items()},
            datasets=[DatasetLossAnswer.of(loss) for loss in plan.datasets],
            training_ids=[job.id for job in plan.trainings],
            photo_ids=[photo.id for photo in plan.shown],
        )


class Removal(Answer):
    """A removal: what was asked for, and how much was deleted so far; nothing of the photos is kept."""

    id: int
    job_id: int | None = Field(description="Null after the job was deleted.")
    by: TakedownBy
    target: str
    reason: str
    photos: int
    bytes: int
    faces: int
    predictions: int
    decisions: dict[str, int]
    created_at: datetime

    @classmethod
    def of(cls, takedown: Takedown) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(takedown, name) for name in cls.model_fields})


class RemovalList(Answer):
    """A page of removals."""

    removals: list[Removal]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
