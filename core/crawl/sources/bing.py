"""Bing image search, with icrawler's feeder and an extended parser."""

import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from bs4 import BeautifulSoup
from bs4.element import Tag
from icrawler.builtin import bing as icrawler_bing

from core.crawl.options import FilterName
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query, read_hits
from core.crawl.sources.icrawler_pages import page_address, page_at, read_offset

#: Results per page, and the last result that Bing shows.
_STEP = 20
_LAST = 1000


class BingParser(icrawler_bing.BingParser):
    """Takes all addresses, with page and title; icrawler's parser takes only those that end in .jpg."""

    def parse(self, response: Any) -> Iterator[dict[str, str]]:
        """One task per picture: file_url, page_url, title."""
        soup = BeautifulSoup(response.content, "lxml")
        for link in soup.select("div.imgpt a[m]"):
            data = _metadata(link)
            if data.get("murl"):
                yield {
                    "file_url": data["murl"],
                    "page_url": data.get("purl", ""),
                    "title": data.get("t") or data.get("desc", ""),
                }


class Bing:
    """20 results per page, 1,000 in all."""

    name = "bing"
    title = "Bing"
    about = "Web search. Filters by licence, but does not tell it."
    filters = frozenset(FilterName)
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor is the offset of the page's first result."""
        offset = read_offset(cursor)
        address = page_address(
            icrawler_bing.BingFeeder,
            keyword=quote_plus(query.text),
            offset=offset,
            max_num=_STEP,
            filters=_filters(query),
        )
        tasks = BingParser(1, None, None).parse(get(address))
        hits, unreadable = read_hits(tasks, lambda task: [_hit(task)])
        return page_at(offset, hits, step=_STEP, last=_LAST, unreadable=unreadable)


def _metadata(link: Tag) -> dict[str, str]:
    """The JSON in the link; some replies escape it twice."""
    for text in (str(link["m"]), html.unescape(str(link["m"]))):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        return found if isinstance(found, dict) else {}
    return {}


def _filters(query: Query) -> dict[str, str]:
    chosen = query.filters
    names = {
        "size": chosen.size,
        "type": chosen.type,
        "license": chosen.licence,
        "date": chosen.date,
        "people": "face" if chosen.people else None,
    }
    return {name: str(value) for name, value in names.items() if value}


def _hit(task: dict[str, str]) -> Hit:
    return Hit(
        file_url=task["file_url"], page_url=task["page_url"] or None, title=_plain(task["title"]) or None
    )


def _plain(title: str) -> str:
    """Drops the private-use characters that mark the search words."""
    return " ".join("".join(c for c in title if not "\ue000" <= c <= "\uf8ff").split())
