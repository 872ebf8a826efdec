"""Google image search, as far as icrawler's parser still finds addresses in its pages."""

import re
from typing import Any
from urllib.parse import urlsplit

from icrawler.builtin import google as icrawler_google

from core.crawl.options import CrawlFilters, FilterName, LicenceFilter, PictureSize
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query
from core.crawl.sources.icrawler_pages import page_address, page_at, read_offset
from core.errors import InputError

_STEP = 100
_LAST = 1000
#: `["https://file",height,width]`, then within the same result `"2003":[null,"id","https://page","title"`.
_RESULT = re.compile(
    r'\["(?P<file>https?:[^"]+)",\d+,\d+\](?:(?!\["https?:[^"]+",\d+,\d+\]).)*?'
    r'"2003":\[null,"[^"]*","(?P<page>https?:[^"]*)","(?P<title>(?:[^"\\]|\\.)*)"',
    re.S,
)
#: Google's own pictures: thumbnails and icons.
_OWN_HOSTS = ("gstatic.com", "google.com", "googleapis.com")
_SIZES = {PictureSize.MEDIUM: "medium", PictureSize.LARGE: "large", PictureSize.EXTRALARGE: ">4mp"}
_LICENCES = {
    LicenceFilter.CREATIVE_COMMONS: "noncommercial",
    LicenceFilter.COMMERCIAL: "commercial",
    LicenceFilter.COMMERCIAL_MODIFY: "commercial,modify",
}


class GoogleParser(icrawler_google.GoogleParser):
    """Keeps page and title; icrawler's parser drops them, and returns None for a page without addresses."""

    def parse(self, response: Any) -> list[dict[str, str]]:
        """One task per picture: file_url, and page_url and title if the page's data has them."""
        text = response.content.decode("utf-8", "ignore")
        results = {_unescaped(found["file"]): found for found in _RESULT.finditer(text)}
        addresses = [task["file_url"] for task in super().parse(response) or []]
        tasks = []
        for address in dict.fromkeys([*results, *addresses]):
            if _is_external(address):
                found = results.get(address)
                page, title = (_unescaped(found["page"]), _unescaped(found["title"])) if found else ("", "")
                tasks.append({"file_url": address, "page_url": page, "title": title})
        return tasks


class Google:
    """100 results per page, 1,000 in all."""

    name = "google"
    title = "Google"
    about = "Web search. Often returns an empty page to automated requests. Does not tell licences."
    filters = frozenset(FilterName)
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor is the offset of the page's first result."""
        offset = read_offset(cursor)
        address = page_address(
            icrawler_google.GoogleFeeder,
            keyword=query.text,
            offset=offset,
            max_num=_STEP,
            filters=_filters(query.filters),
        )
        tasks = GoogleParser(1, None, None).parse(get(address))
        hits = tuple(
            Hit(
                file_url=task["file_url"],
                page_url=task["page_url"] or None,
                title=task["title"] or None,
            )
            for task in tasks
        )
        return page_at(offset, hits, step=_STEP, last=_LAST)


def _filters(chosen: CrawlFilters) -> dict[str, str]:
    names = {
        "type": "face" if chosen.people else chosen.type,
        "size": _SIZES[chosen.size] if chosen.size else None,
        "license": _licence(chosen.licence) if chosen.licence else None,
        "date": chosen.date,
    }
    return {name: str(value) for name, value in names.items() if value}


def _licence(chosen: LicenceFilter) -> str:
    if chosen not in _LICENCES:
        raise InputError(
            "filter_unknown", "Google cannot filter by public domain alone, so it was not searched."
        )
    return _LICENCES[chosen]


def _unescaped(text: str) -> str:
    r"""Replaces JavaScript escapes such as \u003d."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).replace('\\"', '"')


def _is_external(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return bool(host) and not any(host == own or host.endswith(f".{own}") for own in _OWN_HOSTS)
