"""What a crawl may be asked for, checked once at construction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from core.crawl.address import clean_address
from core.crawl.filters import CrawlFilters, LicenceFilter, PictureAge, PictureSize, PictureType
from core.errors import InputError
from models.label import Label

_MOST_PHRASES = 200
_LONGEST_PHRASE = 200
_MOST_ADDRESSES = 10_000
LIMITS = (1, 4000)
SMALLEST_SIDES = (16, 4096)


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words to search for, with the label that they are meant to find: a hint, never a decision."""

    text: str
    label: Label | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(self.text.split()))
        if not 0 < len(self.text) <= _LONGEST_PHRASE:
            raise InputError("phrase_invalid", f"A phrase has 1 to {_LONGEST_PHRASE} characters.")


@dataclass(frozen=True, kw_only=True)
class CrawlOptions:
    """Phrases for the sources that search, and addresses for those that are given pages or files."""

    phrases: tuple[Phrase, ...] = ()
    #: Names of the sources that are asked for every phrase.
    sources: tuple[str, ...] = ()
    #: Start pages of whole sites.
    sites: tuple[str, ...] = ()
    #: Pages whose pictures are taken.
    pages: tuple[str, ...] = ()
    #: Addresses of pictures.
    addresses: tuple[str, ...] = ()
    #: The label that sites, pages and addresses are meant to show.
    address_label: Label | None = None
    #: New photos wanted for each phrase and source, and for each site and page.
    limit: int = 100
    #: Pictures with a shorter side than this many pixels are not kept.
    smallest_side: int = 200
    filters: CrawlFilters = field(default_factory=CrawlFilters)
    #: Keep to robots.txt and to X-Robots-Tag: noai.
    obey_robots: bool = True
    #: Have a duplicate job follow when this one is done.
    find_duplicates: bool = False

    def __post_init__(self) -> None:
        for name in ("sites", "pages", "addresses"):
            object.__setattr__(self, name, _clean(getattr(self, name)))
        if bool(self.phrases) != bool(self.sources):
            missing = "a source to ask" if self.phrases else "a phrase to search for"
            raise InputError("crawl_incomplete", f"Give {missing} too.")
        if not (self.phrases or self.sites or self.pages or self.addresses):
            raise InputError("crawl_incomplete", "Give a phrase and a source, or an address.")
        if len(self.phrases) > _MOST_PHRASES or len(self.addresses) > _MOST_ADDRESSES:
            raise InputError(
                "crawl_too_large",
                f"A crawl takes {_MOST_PHRASES} phrases and {_MOST_ADDRESSES:,} addresses at most.",
            )
        _check_range("limit", self.limit, LIMITS)
        _check_range("smallest side", self.smallest_side, SMALLEST_SIDES)

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`; keys of other versions are passed over."""
        known = {key: value for key, value in stored.items() if key in cls.__dataclass_fields__}
        filters = known.pop("filters", {})
        phrases = tuple(
            Phrase(text=phrase["text"], label=_enum(Label, phrase["label"]))
            for phrase in known.pop("phrases", ())
        )
        label = _enum(Label, known.pop("address_label", None))
        return cls(phrases=phrases, address_label=label, filters=_filters(filters), **known)


def _filters(stored: dict[str, Any]) -> CrawlFilters:
    return CrawlFilters(
        size=_enum(PictureSize, stored.get("size")),
        type=_enum(PictureType, stored.get("type")),
        licence=_enum(LicenceFilter, stored.get("licence")),
        date=_enum(PictureAge, stored.get("date")),
        people=bool(stored.get("people")),
    )


def _enum(kind: Any, value: str | None) -> Any:
    return kind(value) if value else None


def _clean(addresses: Sequence[str]) -> tuple[str, ...]:
    """Clean, each once, in their order."""
    return tuple(dict.fromkeys(clean_address(address) for address in addresses))


def _check_range(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InputError("option_invalid", f"The {name} must be between {low} and {high:,}.")
