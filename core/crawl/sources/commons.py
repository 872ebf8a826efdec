"""Wikimedia Commons: free pictures with their licences, through the MediaWiki API."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup

from core.crawl.options import CrawlFilters, FilterName, LicenceFilter, PictureSize
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query, read_hits
from core.errors import InputError

_ADDRESS = "https://commons.wikimedia.org/w/api.php"
_STEP = 50
#: The last result of a search.
_LAST = 10_000
_WIDTHS = {PictureSize.MEDIUM: 500, PictureSize.LARGE: 1000, PictureSize.EXTRALARGE: 2000}
#: Words of its search engine; all pictures there may be used commercially and modified.
_LICENCES = {LicenceFilter.PUBLIC_DOMAIN: " haslicense:unrestricted"}
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif")


class Commons:
    """Every picture is free, with its licence."""

    name = "commons"
    title = "Wikimedia Commons"
    about = "Free pictures of Wikipedia and related projects, with licence, creator and date."
    filters = frozenset({FilterName.SIZE, FilterName.LICENCE})
    tells_licence = True
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor is the offset that the previous reply named."""
        params = {
            "action": "query",
            "format": "json",
            "formatversion": 2,
            "generator": "search",
            "gsrsearch": f"filetype:bitmap {query.text}{_filters(query.filters)}",
            "gsrnamespace": 6,
            "gsrlimit": _STEP,
            "gsroffset": cursor["offset"] if cursor else 0,
            "prop": "imageinfo",
            "iiprop": "url|timestamp|user|extmetadata",
            "iiextmetadatafilter": "LicenseShortName|LicenseUrl|Artist|ObjectName",
        }
        answer = get(f"{_ADDRESS}?{urlencode(params)}", interface=True).json()
        if "error" in answer:
            raise InputError("source_refused", f"Wikimedia Commons refused: {answer['error'].get('info')}")
        pages = sorted(answer.get("query", {}).get("pages", []), key=_rank)
        hits, unreadable = read_hits(pages, lambda page: [_hit(page)] if _is_picture(page) else [])
        offset = int(answer.get("continue", {}).get("gsroffset", 0))
        following: Cursor | None = {"offset": offset} if 0 < offset < _LAST else None
        return HitsPage(hits=hits, cursor=following, may_be_empty=True, unreadable=unreadable)


def _filters(chosen: CrawlFilters) -> str:
    size = f" filew:>{_WIDTHS[chosen.size]}" if chosen.size else ""
    return size + (_LICENCES.get(chosen.licence, "") if chosen.licence else "")


def _rank(page: object) -> int:
    """The place of a result; 0 where it tells none."""
    place = page.get("index") if isinstance(page, dict) else None
    return place if isinstance(place, int) else 0


def _is_picture(page: dict[str, Any]) -> bool:
    return bool(page.get("imageinfo")) and str(page.get("title", "")).lower().endswith(_SUFFIXES)


def _hit(page: dict[str, Any]) -> Hit:
    info = page["imageinfo"][0]
    metadata = {name: str(value.get("value", "")) for name, value in info.get("extmetadata", {}).items()}
    return Hit(
        file_url=info["url"],
        page_url=info.get("descriptionurl"),
        title=_text(metadata.get("ObjectName", "")) or str(page["title"]).removeprefix("File:"),
        licence=_text(metadata.get("LicenseShortName", "")) or None,
        licence_url=metadata.get("LicenseUrl") or None,
        creator=_text(metadata.get("Artist", "")) or info.get("user"),
        published_at=datetime.fromisoformat(info["timestamp"]) if info.get("timestamp") else None,
    )


def _text(markup: str) -> str:
    """The plain text of a value that may be HTML."""
    return BeautifulSoup(markup, "lxml").get_text(" ", strip=True) if markup else ""
