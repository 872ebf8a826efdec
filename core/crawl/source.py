"""What a source is, and what it answers with: replies, hits, licences."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.crawl.options import CrawlFilters, FilterName
from core.errors import TransientError


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A whole answer with status 200; `content` and `url` are named as icrawler's parsers read them."""

    #: The address that answered in the end, behind all redirects.
    url: str
    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8, whatever is wrong replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content as JSON; TransientError source_answer_unknown."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise TransientError(
                "source_answer_unknown", "The source answered something unreadable."
            ) from error


_CC = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))", re.I
)


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A licence's short name, and where it can be read."""

    name: str
    url: str | None = None


#: Codes of Openverse, which are those of Creative Commons.
_PUBLIC = {"cc0": "CC0", "pdm": "Public Domain Mark"}


def creative_commons(code: str, version: str | None, url: str | None = None) -> Licence:
    """From a code such as `by-sa` and a version such as `2.0`."""
    code = code.strip().lower()
    name = _PUBLIC.get(code, f"CC {code.upper()}")
    return Licence(name=f"{name} {version}".strip() if version else name, url=url or None)


def licence_at(url: str) -> Licence | None:
    """The licence that an address stands for; None where it is not one of Creative Commons."""
    found = _CC.search(url)
    if found is None:
        return None
    code, version, public, public_version = found.groups()
    if public is not None:
        return creative_commons("cc0" if public.lower() == "zero" else "pdm", public_version, url)
    return creative_commons(code, version, url)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Only the file's address is always there; what a source does not say is None."""

    file_url: str
    page_url: str | None = None
    title: str | None = None
    #: Short name such as "CC BY 2.0", and where its text is.
    licence: str | None = None
    licence_url: str | None = None
    creator: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class HitsPage:
    """What one request to a source gave."""

    hits: tuple[Hit, ...]
    #: Give it for the next page; None where there is no more.
    cursor: dict[str, object] | None
    #: Whether `hits` came in spite of an empty answer being normal here: pages of a site without pictures.
    may_be_empty: bool = False


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
