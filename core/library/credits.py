"""Whom to credit for a photo: licence, creator, places it came from, attributions.csv."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from models import Source, SourceKind

COLUMNS = ("photo", "source", "licence", "licence_url", "creator", "page", "attribution")
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """The credit of one source of a photo, for pages and exports."""

    kind: SourceKind
    #: Path, name of the upload, or address of the file.
    place: str
    page_url: str | None
    licence: str | None
    licence_url: str | None
    title: str | None
    creator: str | None

    @classmethod
    def of(cls, source: Source) -> Self:
        """The credit of a row."""
        return cls(
            kind=source.kind,
            place=source.name,
            page_url=source.page_url,
            licence=source.licence,
            licence_url=source.licence_url,
            title=source.title,
            creator=source.creator,
        )

    @property
    def place_outside(self) -> str:
        """The place in files that leave the house: of a path the last name, not the folders of this host."""
        return PurePath(self.place).name if self.kind is SourceKind.FOLDER else self.place

    @property
    def attribution(self) -> str:
        """Title, creator, licence and page, as Creative Commons asks for; empty if all are unknown."""
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
    """The first with a licence, else the first with a page, else the first."""
    return min(credits, key=lambda credit: (credit.licence is None, credit.page_url is None), default=None)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A file in a folder, an upload or a web address, with everything that found the photo there."""

    #: The source that tells most about the owner.
    source: Source
    #: One source for each phrase, in the order in which they found it.
    ways: tuple[Source, ...]

    @property
    def credit(self) -> Credit:
        """Whom to credit."""
        return Credit.of(self.source)


def places_of(sources: Sequence[Source]) -> list[Place]:
    """The sources of one photo grouped by place, in order."""
    by_place: dict[tuple[SourceKind, bytes], list[Source]] = {}
    for source in sources:
        by_place.setdefault((source.kind, source.location_sha256), []).append(source)
    return [Place(source=_best_source(ways), ways=tuple(ways)) for ways in by_place.values()]


def _best_source(ways: Sequence[Source]) -> Source:
    """The first with a licence, else the first with a page, else the first."""
    return min(ways, key=lambda source: (source.licence is None, source.page_url is None))


def credit_values(credit: Credit | None) -> tuple[str | None, ...]:
    """The columns after the photo's name; None where unknown."""
    if credit is None:
        return (None,) * (len(COLUMNS) - 1)
    return (
        credit.place_outside,
        credit.licence,
        credit.licence_url,
        credit.creator,
        credit.page_url,
        credit.attribution or None,
    )
