"""All pictures of one HTML page."""

from core.crawl.filters import FilterName
from core.crawl.hit import HitsPage
from core.crawl.html_pictures import find_pictures, read_html
from core.crawl.source import Cursor, Get, Query


class Page:
    """What a browser's "download all images" gives."""

    name = "page"
    title = "Page"
    about = "The pictures of one page."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """There is only one."""
        reply = get(query.text)
        return HitsPage(hits=find_pictures(read_html(reply), reply.url), cursor=None)
