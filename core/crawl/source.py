"""What a source is: one that is asked for pages of hits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.crawl.filters import CrawlFilters, FilterName
from core.crawl.hit import HitsPage
from core.crawl.reply import Reply

Cursor = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Query:
    """What one search asks a source for."""

    #: The phrase, or the address of a site or page, or addresses line by line.
    text: str
    filters: CrawlFilters
    #: Hits wanted in all.
    limit: int
    #: The key of the source's interface, where it needs one.
    key: str = ""


class Get(Protocol):
    """How a source fetches a page; the manners are not its business."""

    def __call__(
        self, address: str, *, interface: bool = False, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The answer; `interface` marks addresses made for programs, of which no robots.txt speaks."""
        ...


class Source(Protocol):
    """A place that knows of pictures; self-contained, one file each."""

    #: Stable, stored with every photo.
    name: str
    #: As pages show it.
    title: str
    #: What it is good for, in a few words.
    about: str
    #: The filters it knows.
    filters: frozenset[FilterName]
    #: Whether it tells the licence of each picture.
    tells_licence: bool
    #: The setting with the key that it needs, empty where it needs none.
    key_setting: str

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The next page of hits, the first one without a cursor.

        Raises InputError and TransientError of `get`, and InputError source_refused where the source
        answers that it will not serve programs.
        """
        ...
