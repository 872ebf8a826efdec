"""The places that a photo came from, each with the searches that found it there."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.library.credits.attribution import Credit
from models import Source, SourceKind


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder's file, an upload or a web address."""

    #: What is told of it: by the source that tells most of its owner.
    source: Source
    #: One for each phrase, the first that found it first.
    ways: tuple[Source, ...]

    @property
    def credit(self) -> Credit:
        """Whom to name."""
        return Credit.of(self.source)


def places_of(sources: Sequence[Source]) -> list[Place]:
    """Sources of one photo in their order, those of one place together."""
    by_place: dict[tuple[SourceKind, bytes], list[Source]] = {}
    for source in sources:
        by_place.setdefault((source.kind, source.location_sha256), []).append(source)
    return [Place(source=_telling(ways), ways=tuple(ways)) for ways in by_place.values()]


def _telling(ways: Sequence[Source]) -> Source:
    """The first that tells a licence, else the first with a page, else the first."""
    return min(ways, key=lambda source: (source.licence is None, source.page_url is None))
