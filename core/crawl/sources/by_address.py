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
from core.errors import InputError, StopWork, TransientError
from core.item_errors import ItemErrors

#: The most pages of one site to read, and to keep waiting.
_MOST_PAGES = 2_000
_MOST_WAITING = 5_000


class GreedyParser(icrawler_greedy.GreedyParser):
    """icrawler's choice of links to follow, with two corrections.

    icrawler resolves relative addresses against the host instead of the page, and takes any address that
    contains the site's name for a page of the site.
    """

    def is_in_domain(self, url: str, domains: list[str]) -> bool:
        """Whether the address has the host of one of `domains`."""
        return urlsplit(url).hostname in {urlsplit(domain).hostname for domain in domains}

    def parse(self, response: Any, domains: list[str]) -> Iterator[Any]:
        """Addresses of pages; `find_pictures` finds the pictures."""
        soup = read_html(response)
        _complete_links(soup, response.url)
        whole = replace(response, content=str(soup).encode())
        return (task for task in super().parse(whole, domains) if isinstance(task, str))


class Site:
    """Follows links on the start page's host, breadth first."""

    name = "site"
    title = "Whole site"
    about = "All pictures of a site, starting at one page."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor holds the waiting pages, and digests of all pages that were found."""
        waiting, seen = _read_cursor(query.text, cursor)
        address = waiting.pop(0)
        try:
            reply = get(address)
            links, hits = list(_links(reply, query.text)), find_pictures(read_html(reply), reply.url)
        except StopWork:
            raise
        except Exception as error:
            # A start page that is missing or cannot be read ends the search; another such page does not.
            if cursor is None:
                raise
            if not isinstance(error, TransientError):
                ItemErrors().input_error(error, address=address)
            return HitsPage(hits=(), cursor=_next_cursor(waiting, seen), may_be_empty=True)
        for link in links:
            if _short_digest(link) not in seen and len(waiting) < _MOST_WAITING:
                seen.add(_short_digest(link))
                waiting.append(link)
        return HitsPage(hits=hits, cursor=_next_cursor(waiting, seen), may_be_empty=True)


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


def _read_cursor(start: str, cursor: Cursor | None) -> tuple[list[str], set[str]]:
    if cursor is None:
        return [start], {_short_digest(start)}
    waiting, seen = cursor["waiting"], cursor["met"]
    assert isinstance(waiting, list) and isinstance(seen, list)
    return list(waiting), set(seen)


def _next_cursor(waiting: list[str], seen: set[str]) -> Cursor | None:
    pages_read = len(seen) - len(waiting)
    return {"waiting": waiting, "met": sorted(seen)} if waiting and pages_read < _MOST_PAGES else None


def _short_digest(address: str) -> str:
    """Eight bytes (hex) that identify an address in the cursor."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


class Page:
    """The pictures that a browser's "download all images" saves."""

    name = "page"
    title = "Page"
    about = "The pictures of one page."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """There is only one page."""
        reply = get(query.text)
        return HitsPage(hits=find_pictures(read_html(reply), reply.url), cursor=None)


class Addresses:
    """Makes no request: the addresses are the hits."""

    name = "addresses"
    title = "Addresses"
    about = "A list of addresses of pictures."
    filters: frozenset[FilterName] = frozenset()
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """All addresses on one page."""
        return HitsPage(hits=tuple(Hit(file_url=line) for line in query.text.splitlines()), cursor=None)
