"""The line by which a photo's owner is named."""

from dataclasses import dataclass
from typing import Self

from models import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """What a report or page says of one source of a photo."""

    #: Path, upload name or address of the file.
    place: str
    page_url: str | None
    licence: str | None
    licence_url: str | None
    title: str | None
    creator: str | None

    @classmethod
    def of(cls, source: Source) -> Self:
        """From its row."""
        return cls(
            place=source.name,
            page_url=source.page_url,
            licence=source.licence,
            licence_url=source.licence_url,
            title=source.title,
            creator=source.creator,
        )

    @property
    def attribution(self) -> str:
        """Title, creator, licence and page, as Creative Commons asks for; empty where nothing is known."""
        if not (self.creator or self.licence or self.page_url):
            return ""
        title = f"“{self.title}”" if self.title else "Photo"
        parts = [f"{title} by {self.creator}" if self.creator else title]
        if self.licence:
            parts.append(f"{self.licence} ({self.licence_url})" if self.licence_url else self.licence)
        if self.page_url:
            parts.append(self.page_url)
        return ", ".join(parts)


def best_credit(credits: list[Credit]) -> Credit | None:
    """The first that tells a licence, else the first from the web, else the first."""
    return min(credits, key=lambda credit: (credit.licence is None, credit.page_url is None), default=None)
