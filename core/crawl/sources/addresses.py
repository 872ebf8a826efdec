"""A list of addresses of pictures."""

from core.crawl.filters import FilterName
from core.crawl.hit import Hit, HitsPage
from core.crawl.source import Cursor, Get, Query


class Addresses:
    """Asks nobody: the addresses are the hits."""

    name = "addresses"
    title = "Addresses"
    about = "A list of pictures by their addresses."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """All at once."""
        return HitsPage(hits=tuple(Hit(file_url=line) for line in query.text.splitlines()), cursor=None)
