"""Openverse: openly licensed pictures of many collections, through its JSON API."""

from typing import Any
from urllib.parse import urlencode

from core.crawl.options import CrawlFilters, FilterName, LicenceFilter, PictureSize, PictureType
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query, creative_commons, read_hits

_ADDRESS = "https://api.openverse.org/v1/images/"
#: The limits without an account.
_STEP = 20
_LAST = 240
_LICENCES = {
    LicenceFilter.PUBLIC_DOMAIN: {"license": "cc0,pdm"},
    LicenceFilter.COMMERCIAL: {"license_type": "commercial"},
    LicenceFilter.COMMERCIAL_MODIFY: {"license_type": "commercial,modification"},
}


class Openverse:
    """Every picture has an open licence."""

    name = "openverse"
    title = "Openverse"
    about = "Openly licensed pictures from museums, Flickr and others, with licence and creator."
    filters = frozenset({FilterName.SIZE, FilterName.TYPE, FilterName.LICENCE})
    tells_licence = True
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """Pages are numbered from 1."""
        number = int(str(cursor["page"])) if cursor else 1
        params = {"q": query.text, "page": number, "page_size": _STEP, **_filters(query.filters)}
        answer = get(f"{_ADDRESS}?{urlencode(params)}", interface=True).json()
        hits, unreadable = read_hits(answer.get("results", []), _hits)
        last = min(int(answer.get("page_count") or 0), _LAST // _STEP)
        following: Cursor | None = {"page": number + 1} if hits and number < last else None
        return HitsPage(hits=hits, cursor=following, unreadable=unreadable)


def _filters(chosen: CrawlFilters) -> dict[str, str]:
    params: dict[str, str] = dict(_LICENCES.get(chosen.licence, {})) if chosen.licence else {}
    if chosen.size:
        params["size"] = "medium" if chosen.size is PictureSize.MEDIUM else "large"
    if chosen.type:
        params["category"] = "photograph" if chosen.type is PictureType.PHOTO else "illustration"
    return params


def _hits(result: dict[str, Any]) -> list[Hit]:
    return [_hit(result)] if result.get("url") else []


def _hit(result: dict[str, Any]) -> Hit:
    licence = creative_commons(
        result.get("license") or "", result.get("license_version"), result.get("license_url")
    )
    return Hit(
        file_url=result["url"],
        page_url=result.get("foreign_landing_url"),
        title=result.get("title"),
        licence=licence.name,
        licence_url=licence.url,
        creator=result.get("creator"),
    )
