"""Sources that are given addresses: a whole site, one page, a list of pictures."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from icrawler.builtin import greedy as icrawler_greedy

from core.crawl.address import clean_address
from core.crawl.html_pictures import base_of, find_pictures, read_html
from core.crawl.options import FilterName
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query, Reply
from core.errors import InputError, TransientError

#: Pages of one site that are looked at, and pages that may wait to be.
_MOST_PAGES = 2_000
_MOST_WAITING = 5_000


class GreedyParser(icrawler_greedy.GreedyParser):
    """icrawler's choice of links to follow, with what it gets wrong set right.

    It completes relative addresses against the host instead of the page, and takes any address that
    contains the site's name for one of its pages.
    """

    def is_in_domain(self, url: str, domains: list[str]) -> bool:
        """Whether the address has the host of one of `domains`."""
        return urlsplit(url).hostname in {urlsplit(domain).hostname for domain in domains}

    def parse(self, response: Any, domains: list[str]) -> Iterator[Any]:
        """Addresses of pages as text; pictures are found by `find_pictures`."""
        soup = read_html(response)
        _complete_links(soup, response.url)
        whole = replace(response, content=str(soup).encode())
        return (task for task in super().parse(whole, domains) if isinstance(task, str))


class Site:
    """Follows links within the start page's host, breadth first."""

    name = "site"
    title = "Whole site"
    about = "All pictures of a site, from its start page on."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor holds the pages that wait and marks of those that were met."""
        waiting, met = _unpacked(query.text, cursor)
        address = waiting.pop(0)
        try:
            reply = get(address)
        except (InputError, TransientError):
            # One page that is missing ends no crawl; a start page that is does.
            if cursor is None:
                raise
            return HitsPage(hits=(), cursor=_packed(waiting, met), may_be_empty=True)
        for link in _links(reply, query.text):
            if _mark(link) not in met and len(waiting) < _MOST_WAITING:
                met.add(_mark(link))
                waiting.append(link)
        hits = find_pictures(read_html(reply), reply.url)
        return HitsPage(hits=hits, cursor=_packed(waiting, met), may_be_empty=True)


def _links(reply: Reply, start: str) -> Iterator[str]:
    if "html" not in reply.headers.get("content-type", "html"):
        return
    for link in GreedyParser(1, None, None).parse(reply, [start]):
        try:
            yield clean_address(link)
        except InputError:
            continue


def _complete_links(soup: BeautifulSoup, address: str) -> None:
    base = base_of(soup, address)
    for tag in soup.find_all(href=True):
        try:
            tag["href"] = clean_address(str(tag["href"]), base)
        except InputError:
            del tag["href"]


def _unpacked(start: str, cursor: Cursor | None) -> tuple[list[str], set[str]]:
    if cursor is None:
        return [start], {_mark(start)}
    waiting, met = cursor["waiting"], cursor["met"]
    assert isinstance(waiting, list) and isinstance(met, list)
    return list(waiting), set(met)


def _packed(waiting: list[str], met: set[str]) -> Cursor | None:
    looked_at = len(met) - len(waiting)
    return {"waiting": waiting, "met": sorted(met)} if waiting and looked_at < _MOST_PAGES else None


def _mark(address: str) -> str:
    """Eight bytes stand for an address in the cursor."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


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
