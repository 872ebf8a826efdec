"""What a source is, and what it answers with: replies, hits, licences."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from core.crawl.options import CrawlFilters, FilterName
from core.errors import TransientError
from core.item_errors import ItemErrors

_CC = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))", re.I
)
#: Codes of Openverse, which are those of Creative Commons.
_PUBLIC = {"cc0": "CC0", "pdm": "Public Domain Mark"}
Cursor = dict[str, object]
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A complete reply with status 200; icrawler's parsers read `content` and `url`."""

    #: The address after all redirects.
    url: str
    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8; invalid bytes are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content as JSON. Raises TransientError source_answer_unknown."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise TransientError(
                "source_answer_unknown", "The source sent a reply that cannot be read."
            ) from error


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A licence's short name, and the address of its text."""

    name: str
    url: str | None = None


def creative_commons(code: str, version: str | None, url: str | None = None) -> Licence:
    """From a code such as `by-sa` and a version such as `2.0`."""
    code = code.strip().lower()
    name = _PUBLIC.get(code, f"CC {code.upper()}")
    return Licence(name=f"{name} {version}".strip() if version else name, url=url or None)


def licence_at(url: str) -> Licence | None:
    """The Creative Commons licence at an address; None for other addresses."""
    found = _CC.search(url)
    if found is None:
        return None
    code, version, public, public_version = found.groups()
    if public is not None:
        return creative_commons("cc0" if public.lower() == "zero" else "pdm", public_version, url)
    return creative_commons(code, version, url)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A picture that a source found; what the source does not tell is None.

    Raises TypeError for a field that is no text, ValueError for a time without its zone: what a source sends
    need not be what it documents.
    """

    file_url: str
    page_url: str | None = None
    title: str | None = None
    #: Short name such as "CC BY 2.0", and the address of its text.
    licence: str | None = None
    licence_url: str | None = None
    creator: str | None = None
    published_at: datetime | None = None

    def __post_init__(self) -> None:
        texts = (self.page_url, self.title, self.licence, self.licence_url, self.creator)
        if not isinstance(self.file_url, str) or not all(isinstance(text, str | None) for text in texts):
            raise TypeError("a field of the hit is no text")
        if self.published_at is not None and self.published_at.tzinfo is None:
            raise ValueError("the time of the hit has no zone")


@dataclass(frozen=True, kw_only=True)
class HitsPage:
    """The result of one request to a source."""

    hits: tuple[Hit, ...]
    #: Pass it to read the next page; None after the last one.
    cursor: dict[str, object] | None
    #: Whether a page without hits is normal, as for pages of a site that have no pictures.
    may_be_empty: bool = False
    #: Results of a form that is not known; they are left out.
    unreadable: int = 0


def read_hits(
    results: Iterable[Result], read: Callable[[Result], Iterable[Hit]]
) -> tuple[tuple[Hit, ...], int]:
    """The hits of results, and how many results could not be read: each of those costs itself alone.

    Raises the first error if no result can be read.
    """
    hits: list[Hit] = []
    errors, count = ItemErrors(), 0
    for result in results:
        count += 1
        try:
            hits += read(result)
        except Exception as error:
            errors.input_error(error, result=count)
    errors.check(count)
    return tuple(hits), errors.unexpected


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to search for."""

    #: The phrase, or the address of a site or page, or addresses line by line.
    text: str
    filters: CrawlFilters
    #: Requested hits.
    limit: int
    #: The API key, if the source needs one.
    key: str = ""


class Get(Protocol):
    """How a source fetches a page; the crawl policy is applied inside."""

    def __call__(
        self, address: str, *, interface: bool = False, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The reply; `interface=True` marks an API, for which robots.txt does not apply."""
        ...


class Source(Protocol):
    """A search engine, an archive, or addresses that the user gave."""

    #: Stored with every photo, so it never changes.
    name: str
    #: The name on pages.
    title: str
    #: One or two short sentences for the form.
    about: str
    #: The filters it supports.
    filters: frozenset[FilterName]
    #: Whether it tells the licence of each picture.
    tells_licence: bool
    #: The name of the setting with its API key, empty if it needs none.
    key_setting: str

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The next page of hits, the first one without a cursor.

        Raises InputError and TransientError of `get`, and InputError source_refused if the source refuses
        automated requests.
        """
        ...
