"""Decisions as JSON lines: which to export, and what became of imported ones."""

from collections import Counter
from enum import StrEnum
from typing import Self

from pydantic import Field

from core.review.line_import import LinePlan
from web.api_v1.schemas.base import Answer, Asked

#: Refused lines that an answer names; the others are counted.
_MOST_NAMED = 100


class ExportQuery(Asked):
    """Which decisions to export."""

    after: int = Field(0, ge=0, le=2**53, description="Only decisions with a higher `id`: what is new.")
    queue: int | None = Field(None, ge=1, le=2**31 - 1, description="Only decisions of this queue.")


class Whose(StrEnum):
    """Whose the imported decisions are."""

    CALLER = "caller"
    #: Of the person that `by` names; of an imported set without one.
    NAMED = "named"


class ImportQuery(Asked):
    """How to import decisions."""

    people: Whose = Field(Whose.CALLER, description="`named` takes the persons of `by`; scope admin.")


class Refused(Answer):
    """A line that was not applied."""

    line: int = Field(description="From 1.")
    code: str
    message: str


class ImportAnswer(Answer):
    """What became of the lines."""

    saved: int
    unchanged: int = Field(description="The person's newest decision about the face says so already.")
    replaced: int = Field(description="A later line has another decision of this person about the face.")
    refused: int
    refused_by_code: dict[str, int]
    refused_lines: list[Refused] = Field(description=f"The first {_MOST_NAMED}.")

    @classmethod
    def of(cls, plan: LinePlan) -> Self:
        """The plan as answered once it is done."""
        return cls(
            saved=len(plan.new),
            unchanged=plan.unchanged,
            replaced=plan.replaced,
            refused=len(plan.refused),
            refused_by_code=dict(Counter(each.code for each in plan.refused)),
            refused_lines=[
                Refused(line=each.line, code=each.code, message=each.message)
                for each in plan.refused[:_MOST_NAMED]
            ],
        )
