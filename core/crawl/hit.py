"""One picture that a source knows of, with all that it says of it."""

from dataclasses import dataclass
from datetime import datetime


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
