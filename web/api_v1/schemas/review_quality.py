"""Flags, gold faces, faces that nobody can tell, the people who review, and the labelling guide."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.number_text import number
from core.review.agreement.queries import ReviewerMetrics
from core.review.agreement.queries import Share as ShareRow
from core.review.guide import LONGEST_TEXT, SECTIONS
from core.review.guide import Guide as GuideRow
from models import Agreement as AgreementRow
from models import Decision, FaceFlag, Label
from models import GoldFace as GoldRow
from web.api_v1.schemas.base import Answer, Asked


class Flag(Answer):
    """A face with an open flag."""

    face_id: int
    account_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, flag: FaceFlag) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(flag, name) for name in cls.model_fields})


class FlagList(Answer):
    """A page of open flags, newest first."""

    flags: list[Flag]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class GoldFace(Answer):
    """A face with a known label, mixed into queues to measure reviewers."""

    face_id: int
    label: Label
    account_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, gold: GoldRow) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(gold, name) for name in cls.model_fields})


class GoldList(Answer):
    """A page of gold faces, by the number of the face."""

    faces: list[GoldFace]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class GoldRequest(Asked):
    """The known label of a face."""

    label: Label


class Untellable(Answer):
    """A face whose newest decision is that nobody can tell its label."""

    face_id: int
    account_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """The decision as answered."""
        return cls(**{name: getattr(decision, name) for name in cls.model_fields})


class UntellableList(Answer):
    """A page of faces that nobody can tell, newest first."""

    faces: list[Untellable]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class Correct(Answer):
    """How many faces were answered correctly, of how many."""

    correct: int
    faces: int

    @classmethod
    def of(cls, share: ShareRow) -> Self:
        """The counts as answered."""
        return cls(correct=share.correct, faces=share.faces)


class Reviewer(Answer):
    """Speed and agreement of one person."""

    account_id: int
    name: str
    decided: int
    undone: int
    skipped: int
    faces_per_hour: float | None
    gold: Correct = Field(description="Answers to gold faces that match the known label.")
    audit: Correct = Field(description="First decisions on audit faces that match the hidden prediction.")

    @classmethod
    def of(cls, found: ReviewerMetrics) -> Self:
        """The metrics as answered."""
        same = ("decided", "undone", "skipped", "faces_per_hour")
        return cls(
            **{name: getattr(found, name) for name in same},
            account_id=found.account.id,
            name=found.account.name,
            gold=Correct.of(found.gold),
            audit=Correct.of(found.audit),
        )


class Agreement(Answer):
    """The latest measurement of agreement; a job of the kind `agreement` makes one."""

    faces: int = Field(description="With two blind decisions.")
    metrics: dict[str, Any] = Field(description="Alpha and kappas, also by label and pair of reviewers.")
    created_at: datetime

    @classmethod
    def of(cls, row: AgreementRow) -> Self:
        """The row as answered."""
        return cls(faces=row.faces, metrics=row.figures, created_at=row.created_at)


class ReviewerList(Answer):
    """Everybody who made a decision, by name."""

    reviewers: list[Reviewer]
    agreement: Agreement | None


class Guide(Answer):
    """A version of the labelling guide: plain text by section."""

    version: int = Field(description="0 is the text that the service came with.")
    texts: dict[str, str]
    created_at: datetime | None

    @classmethod
    def of(cls, guide: GuideRow) -> Self:
        """The version as answered."""
        return cls(version=guide.number, texts=dict(guide.texts), created_at=guide.created_at)


class GuideQuery(Asked):
    """Which version of the guide."""

    version: int | None = Field(None, ge=0, le=2**31 - 1, description="By default the newest.")


class GuideChange(Asked):
    """A new version of the guide; a section that is left out becomes empty."""

    base: int = Field(ge=0, description="The version that was edited: it must still be the newest.")
    texts: dict[str, str] = Field(
        description=f"By section: {', '.join(SECTIONS)}; up to {number(LONGEST_TEXT)} characters each."
    )
