"""Flickr search with icrawler's feeder; one request per page instead of one per photo."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from icrawler.builtin import flickr as icrawler_flickr

from core.crawl.options import CrawlFilters, FilterName, LicenceFilter, PictureType
from core.crawl.source import Cursor, Get, Hit, HitsPage, Licence, Query, creative_commons, read_hits
from core.crawl.sources.icrawler_pages import page_address
from core.errors import InputError

_STEP = 100
#: After this many results Flickr repeats them.
_LAST = 4000
#: Sizes from the largest down, as `extras` names them.
_SIZES = ("url_o", "url_k", "url_h", "url_l", "url_c", "url_z", "url_m")
_EXTRAS = ",".join((*_SIZES, "license", "owner_name", "date_upload"))
_CODES = {1: "by-nc-sa", 2: "by-nc", 3: "by-nc-nd", 4: "by", 5: "by-sa", 6: "by-nd"}
_LICENCES: dict[int, Licence] = {
    0: Licence(name="All rights reserved"),
    7: Licence(name="No known copyright restrictions", url="https://www.flickr.com/commons/usage/"),
    8: Licence(name="United States Government Work", url="https://www.usa.gov/copyright.shtml"),
    9: creative_commons("cc0", "1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    10: creative_commons("pdm", "1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
} | {
    number: creative_commons(code, "2.0", f"https://creativecommons.org/licenses/{code}/2.0/")
    for number, code in _CODES.items()
}
_FILTER_CODES = {
    LicenceFilter.CREATIVE_COMMONS: "1,2,3,4,5,6,9,10",
    LicenceFilter.PUBLIC_DOMAIN: "7,8,9,10",
    LicenceFilter.COMMERCIAL: "4,5,6,7,8,9,10",
    LicenceFilter.COMMERCIAL_MODIFY: "4,5,7,8,9,10",
}


class FlickrParser(icrawler_flickr.FlickrParser):
    """Takes the sizes from the search; icrawler's parser requests them for every photo."""

    def parse(self, response: Any) -> Iterator[dict[str, Any]]:
        """One task per photo: file_url, and Flickr's own record as `meta`."""
        for photo in response["photos"]["photo"]:
            file_url = next((photo[size] for size in _SIZES if photo.get(size)), None)
            if file_url:
                yield {"file_url": file_url, "meta": photo}


class Flickr:
    """Photos with licence, owner and date; needs an API key."""

    name = "flickr"
    title = "Flickr"
    about = "Photos with their licences. Needs your own API key."
    filters = frozenset({FilterName.TYPE, FilterName.LICENCE, FilterName.DATE})
    tells_licence = True
    key_setting = "flickr_key"

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """Pages are numbered from 1."""
        number = int(str(cursor["page"])) if cursor else 1
        address = page_address(
            icrawler_flickr.FlickrFeeder,
            apikey=query.key,
            text=query.text,
            per_page=_STEP,
            page=number,
            extras=_EXTRAS,
            sort="relevance",
            safe_search=1,
            **_filters(query.filters),
        )
        answer = get(address, interface=True).json()
        if answer.get("stat") != "ok":
            raise InputError("source_refused", f"Flickr refused: {answer.get('message', 'no reason given')}.")
        hits, unreadable = read_hits(answer["photos"]["photo"], _hits)
        pages = min(int(answer["photos"].get("pages", 0)), _LAST // _STEP)
        following: Cursor | None = {"page": number + 1} if number < pages else None
        return HitsPage(hits=hits, cursor=following, may_be_empty=True, unreadable=unreadable)


def _filters(chosen: CrawlFilters) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if chosen.licence:
        params["license"] = _FILTER_CODES[chosen.licence]
    if chosen.type:
        params["content_type"] = 1 if chosen.type is PictureType.PHOTO else 3
    if chosen.date:
        params["min_upload_date"] = int((datetime.now(UTC) - timedelta(days=chosen.date.days)).timestamp())
    return params


def _hits(photo: dict[str, Any]) -> list[Hit]:
    return [_hit(task) for task in FlickrParser(1, None, None).parse({"photos": {"photo": [photo]}})]


def _hit(task: dict[str, Any]) -> Hit:
    photo = task["meta"]
    number = int(photo.get("license") or 0)
    licence = _LICENCES.get(number) or Licence(name=f"Flickr licence {number}")
    uploaded = photo.get("dateupload")
    return Hit(
        file_url=task["file_url"],
        page_url=f"https://www.flickr.com/photos/{photo['owner']}/{photo['id']}",
        title=photo.get("title") or None,
        licence=licence.name,
        licence_url=licence.url,
        creator=photo.get("ownername") or photo.get("owner"),
        published_at=datetime.fromtimestamp(int(uploaded), UTC) if uploaded else None,
    )
