"""Bing's image search, through icrawler's feeder and an extended parser."""

import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from bs4 import BeautifulSoup
from bs4.element import Tag
from icrawler.builtin import bing as icrawler_bing

from core.crawl.options import FilterName
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query
from core.crawl.sources.icrawler_pages import page_address

#: Results between two pages, and the last one that Bing shows.
_STEP = 20
_LAST = 1000


class BingParser(icrawler_bing.BingParser):
    """icrawler's parser takes addresses that end in .jpg alone; this one takes all, with page and title."""

    def parse(self, response: Any) -> Iterator[dict[str, str]]:
        """One task a picture: file_url, page_url, title."""
        soup = BeautifulSoup(response.content, "lxml")
        for link in soup.select("div.imgpt a[m]"):
            told = _metadata(link)
            if told.get("murl"):
                yield {
                    "file_url": told["murl"],
                    "page_url": told.get("purl", ""),
                    "title": told.get("t") or told.get("desc", ""),
                }


class Bing:
    """Pages of 20 results, up to the thousandth."""

    name = "bing"
    title = "Bing"
    about = "Web search. Does not tell licences; filters by them."
    filters = frozenset(FilterName)
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """Offsets are counted by us, as icrawler's feeder does."""
        offset = int(str(cursor["offset"])) if cursor else 0
        address = page_address(
            icrawler_bing.BingFeeder,
            keyword=quote_plus(query.text),
            offset=offset,
            max_num=_STEP,
            filters=_filters(query),
        )
        hits = tuple(_hit(task) for task in BingParser(1, None, None).parse(get(address)))
        more = bool(hits) and offset + _STEP < _LAST
        return HitsPage(hits=hits, cursor={"offset": offset + _STEP} if more else None)


def _metadata(link: Tag) -> dict[str, str]:
    """The JSON that Bing writes into the link; some answers escape it twice."""
    for text in (str(link["m"]), html.unescape(str(link["m"]))):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        return found if isinstance(found, dict) else {}
    return {}


def _filters(query: Query) -> dict[str, str]:
    chosen = query.filters
    wanted = {
        "size": chosen.size,
        "type": chosen.type,
        "license": chosen.licence,
        "date": chosen.date,
        "people": "face" if chosen.people else None,
    }
    return {name: str(value) for name, value in wanted.items() if value}


def _hit(task: dict[str, str]) -> Hit:
    return Hit(
        file_url=task["file_url"], page_url=task["page_url"] or None, title=_plain(task["title"]) or None
    )


def _plain(title: str) -> str:
    """Bing marks the words that were searched for with characters of the private area."""
    return " ".join("".join(c for c in title if not "\ue000" <= c <= "\uf8ff").split())
