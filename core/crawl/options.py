"""The options of a crawl: phrases, sources, addresses, filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from core.crawl.address import clean_address
from core.errors import InputError
from core.jobs.options import JobOptions
from models.label import Label

_MOST_PHRASES = 200
_LONGEST_PHRASE = 200
_MOST_ADDRESSES = 10_000
LIMITS = (1, 4000)
SMALLEST_SIDES = (16, 4096)


class FilterName(StrEnum):
    """The filters by name; each source lists those that it supports."""

    SIZE = "size"
    TYPE = "type"
    LICENCE = "licence"
    DATE = "date"
    PEOPLE = "people"


class PictureSize(StrEnum):
    """Sizes as search engines name them."""

    MEDIUM = "medium"
    LARGE = "large"
    EXTRALARGE = "extralarge"


class PictureType(StrEnum):
    """What kind of picture."""

    PHOTO = "photo"
    CLIPART = "clipart"
    LINEDRAWING = "linedrawing"


class LicenceFilter(StrEnum):
    """The permitted use."""

    CREATIVE_COMMONS = "creativecommons"
    PUBLIC_DOMAIN = "publicdomain"
    COMMERCIAL = "commercial"
    COMMERCIAL_MODIFY = "commercial,modify"


class PictureAge(StrEnum):
    """When the picture was published."""

    DAY = "pastday"
    WEEK = "pastweek"
    MONTH = "pastmonth"
    YEAR = "pastyear"

    @property
    def days(self) -> int:
        """Length in days."""
        return {PictureAge.DAY: 1, PictureAge.WEEK: 7, PictureAge.MONTH: 30, PictureAge.YEAR: 365}[self]


@dataclass(frozen=True, kw_only=True)
class CrawlFilters:
    """Filters of a search; None means any."""

    size: PictureSize | None = None
    type: PictureType | None = None
    licence: LicenceFilter | None = None
    date: PictureAge | None = None
    #: Only pictures of faces.
    people: bool = False

    @property
    def chosen(self) -> frozenset[FilterName]:
        """The filters that are set."""
        return frozenset(name for name in FilterName if getattr(self, name.value))


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words to search for, with the label that they are expected to find: a hint, never a decision."""

    text: str
    label: Label | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(self.text.split()))
        if not 0 < len(self.text) <= _LONGEST_PHRASE:
            raise InputError("phrase_invalid", f"A phrase must have 1 to {_LONGEST_PHRASE} characters.")


class CrawlOptions(JobOptions):
    """Phrases with the sources to search, and addresses of sites, pages and pictures.

    Raises InputError crawl_incomplete, crawl_too_large, phrase_invalid or address_*.
    """

    phrases: tuple[Phrase, ...] = ()
    sources: tuple[str, ...] = Field((), description="Names of the sources to search for every phrase.")
    sites: tuple[str, ...] = Field((), description="Start pages of whole sites.")
    pages: tuple[str, ...] = Field((), description="Pages whose pictures are fetched.")
    addresses: tuple[str, ...] = Field((), description="Addresses of pictures.")
    address_label: Label | None = Field(
        None, description="The label that sites, pages and addresses are expected to show."
    )
    limit: int = Field(
        100,
        ge=LIMITS[0],
        le=LIMITS[1],
        description="Requested new photos for each phrase and source, and for each site and page.",
    )
    smallest_side: int = Field(
        200,
        ge=SMALLEST_SIDES[0],
        le=SMALLEST_SIDES[1],
        description="Pictures whose shorter side has fewer pixels are not kept.",
    )
    filters: CrawlFilters = Field(default_factory=CrawlFilters)
    obey_robots: bool = Field(True, description="Obey robots.txt and X-Robots-Tag: noai.")

    @field_validator("sites", "pages", "addresses")
    @classmethod
    def _clean(cls, addresses: Sequence[str]) -> tuple[str, ...]:
        """Clean addresses without repetitions, in order."""
        return tuple(dict.fromkeys(clean_address(address) for address in addresses))

    @model_validator(mode="after")
    def _is_complete(self) -> "CrawlOptions":
        if bool(self.phrases) != bool(self.sources):
            missing = "a source to search" if self.phrases else "a phrase to search for"
            raise InputError("crawl_incomplete", f"Add {missing} too.")
        if not (self.phrases or self.sites or self.pages or self.addresses):
            raise InputError("crawl_incomplete", "Add a phrase and a source, or an address.")
        if len(self.phrases) > _MOST_PHRASES or len(self.addresses) > _MOST_ADDRESSES:
            raise InputError(
                "crawl_too_large",
                f"A crawl takes {_MOST_PHRASES} phrases and {_MOST_ADDRESSES:,} addresses at most.",
            )
        return self
