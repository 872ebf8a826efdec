"""Read the next result page of a source within the crawl policy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.crawl.address import clean_address
from core.crawl.fetcher import Fetcher
from core.crawl.html_pictures import forbids_learning, read_html
from core.crawl.options import FilterName
from core.crawl.source import Cursor, Hit, HitsPage, Query, Reply, Source
from core.errors import InputError, TransientError
from core.item_errors import ItemErrors

#: The limit for one result page.
_MAX_BYTES = 16 * 2**20
_FORBIDDING_WORDS = (b"noai", b"noimageai")


@dataclass(frozen=True, kw_only=True)
class SourceReader:
    """Reads result pages of sources through one fetcher."""

    fetcher: Fetcher
    obey_robots: bool
    agent: str

    def read_page(self, source: Source, query: Query, cursor: Cursor | None) -> HitsPage:
        """The source's next page, with clean addresses and without repetitions.

        Raises what `Source.read_page` raises, InputError filter_unknown, and TransientError
        source_answer_unknown for a reply of a form that is not known.
        """
        # Filters apply to searches only, not to sites, pages and addresses.
        if query.filters.licence and source.filters and FilterName.LICENCE not in source.filters:
            raise InputError(
                "filter_unknown", f"{source.title} cannot filter by licence, so it was not searched."
            )
        try:
            page = source.read_page(query, cursor, self._get)
        except InputError:
            raise
        except Exception as error:
            ItemErrors().input_error(error, source=source.name)
            raise TransientError(
                "source_answer_unknown", f"{source.title} sent a reply of a form that is not known."
            ) from error
        return replace(page, hits=tuple(_clean_hits(page.hits)))

    def _get(
        self, address: str, *, interface: bool = False, headers: Mapping[str, str] | None = None
    ) -> Reply:
        reply = self.fetcher.get(address, max_bytes=_MAX_BYTES, ask_robots=not interface, headers=headers)
        if self.obey_robots and not interface and self._forbids_learning(reply):
            raise InputError(
                "ai_use_refused", "The page does not allow machine learning on its pictures (noai)."
            )
        return reply

    def _forbids_learning(self, reply: Reply) -> bool:
        """Parses the page only if it contains one of the words."""
        has_word = any(word in reply.content.lower() for word in _FORBIDDING_WORDS)
        return has_word and forbids_learning(read_html(reply), self.agent)


def _clean_hits(hits: tuple[Hit, ...]) -> list[Hit]:
    """Drops hits whose file address is invalid, and invalid addresses of pages and licences."""
    found: dict[str, Hit] = {}
    for hit in hits:
        address = _clean_or_none(hit.file_url)
        if address is not None:
            found.setdefault(address, _with_addresses(hit, address))
    return list(found.values())


def _with_addresses(hit: Hit, file_url: str) -> Hit:
    return replace(
        hit,
        file_url=file_url,
        title=_storable(hit.title),
        licence=_storable(hit.licence),
        creator=_storable(hit.creator),
        page_url=_clean_or_none(hit.page_url or ""),
        licence_url=_clean_or_none(hit.licence_url or ""),
    )


def _storable(text: str | None) -> str | None:
    """Without what no database stores: the character zero, and halves of a character."""
    return text and text.replace("\0", "").encode("utf-8", "replace").decode()


def _clean_or_none(address: str) -> str | None:
    try:
        return clean_address(address)
    except InputError:
        return None
