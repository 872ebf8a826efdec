"""What a search may be narrowed to; each source says which of these it knows."""

from dataclasses import dataclass
from enum import StrEnum


class FilterName(StrEnum):
    """The filters by name."""

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
    """What one may do with the picture."""

    CREATIVE_COMMONS = "creativecommons"
    PUBLIC_DOMAIN = "publicdomain"
    COMMERCIAL = "commercial"
    COMMERCIAL_MODIFY = "commercial,modify"


class PictureAge(StrEnum):
    """When it appeared."""

    DAY = "pastday"
    WEEK = "pastweek"
    MONTH = "pastmonth"
    YEAR = "pastyear"

    @property
    def days(self) -> int:
        """Days back from now."""
        return {PictureAge.DAY: 1, PictureAge.WEEK: 7, PictureAge.MONTH: 30, PictureAge.YEAR: 365}[self]


@dataclass(frozen=True, kw_only=True)
class CrawlFilters:
    """None means any."""

    size: PictureSize | None = None
    type: PictureType | None = None
    licence: LicenceFilter | None = None
    date: PictureAge | None = None
    #: Only pictures of faces.
    people: bool = False

    @property
    def chosen(self) -> frozenset[FilterName]:
        """The filters that narrow something."""
        return frozenset(name for name in FilterName if getattr(self, name.value))
