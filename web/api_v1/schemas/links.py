"""Links to report files."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.results.reports.links import LONGEST_LIFE_DAYS, OpenLink
from models import ReportFormat
from web.api_v1.schemas.base import Answer, Asked


class Link(Answer):
    """A link that works without a token until its end."""

    id: int
    name: ReportFormat
    number: int = Field(description="Which writing of the file.")
    address: str = Field(description="Whoever has it may download the file, in ranges too.")
    created_at: datetime
    expires_at: datetime
    uses: int = Field(description="Downloads that were begun.")

    @classmethod
    def of(cls, found: OpenLink, address: str) -> Self:
        """The row as answered."""
        same = ("id", "created_at", "expires_at", "uses")
        return cls(
            **{name: getattr(found.link, name) for name in same},
            name=found.report.format,
            number=found.report.number,
            address=address,
        )


class LinkList(Answer):
    """Links of a job, newest first."""

    links: list[Link]


class LinkRequest(Asked):
    """A new link."""

    name: ReportFormat = Field(description="The file, such as export.zip.")
    number: int | None = Field(None, ge=1, description="Which writing of the file; null: the newest.")
    days: int = Field(7, ge=1, le=LONGEST_LIFE_DAYS, description="Days until it ends.")
