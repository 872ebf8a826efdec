"""Read the next result page of a source within the crawl policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.crawl.address import clean_address
from core.crawl.fetcher import Fetcher
from core.crawl.html_pictures import forbids_learning, read_html
from core.crawl.options import FilterName
from core.crawl.source import Cursor, Hit, HitsPage, Query, Reply, Source
from core.errors import InputError

#: Of one result page.
_MAX_BYTES = 16 * 2**20
_REFUSING_WORDS = (b"noai", b"noimageai")


@dataclass(frozen=True, kw_only=True)
class SourceReader:
    """How a source's pages are fetched."""

    fetcher: Fetcher
    obey_robots: bool
    agent: str

    def read_page(self, source: Source, query: Query, cursor: Cursor | None) -> HitsPage:
        """The source's next page, its addresses clean and each there once.

        Raises what `Source.read_page` raises, and InputError filter_unknown.
        """
        # Filters are for searches; sites, pages and addresses are taken as they were named.
        if query.filters.licence and source.filters and FilterName.LICENCE not in source.filters:
            raise InputError(
                "filter_unknown", f"{source.title} cannot look for licences, so it was not asked."
            )
        page = source.read_page(query, cursor, self._get)
        return HitsPage(hits=tuple(_clean(page.hits)), cursor=page.cursor, may_be_empty=page.may_be_empty)

    def _get(
        self, address: str, *, interface: bool = False, headers: Mapping[str, str] | None = None
    ) -> Reply:
        reply = self.fetcher.get(address, max_bytes=_MAX_BYTES, ask_robots=not interface, headers=headers)
        if self.obey_robots and not interface and self._forbids_learning(reply):
            raise InputError(
                "ai_use_refused", "The page says that its pictures are not for machine learning (noai)."
            )
        return reply

    def _forbids_learning(self, reply: Reply) -> bool:
        """Pages are read as HTML only where the word stands in them."""
        says_so = any(word in reply.content.lower() for word in _REFUSING_WORDS)
        return says_so and forbids_learning(read_html(reply), self.agent)


def _clean(hits: tuple[Hit, ...]) -> list[Hit]:
    """Hits whose file can be asked for; a page's address that is none is left out."""
    found: dict[str, Hit] = {}
    for hit in hits:
        address = _cleaned(hit.file_url)
        if address is not None:
            found.setdefault(address, _with_addresses(hit, address))
    return list(found.values())


def _with_addresses(hit: Hit, file_url: str) -> Hit:
    return Hit(
        file_url=file_url,
        page_url=_cleaned(hit.page_url or ""),
        title=hit.title,
        licence=hit.licence,
        licence_url=_cleaned(hit.licence_url or ""),
        creator=hit.creator,
        published_at=hit.published_at,
    )


def _cleaned(address: str) -> str | None:
    try:
        return clean_address(address)
    except InputError:
        return None
