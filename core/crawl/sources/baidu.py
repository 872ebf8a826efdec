"""Baidu's image search, through icrawler's feeder and an extended parser."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from bs4 import BeautifulSoup
from icrawler.builtin import baidu as icrawler_baidu

from core.crawl.options import FilterName
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query
from core.crawl.sources.icrawler_pages import page_address
from core.errors import InputError, TransientError

_STEP = 30
_LAST = 1000


class BaiduParser(icrawler_baidu.BaiduParser):
    """icrawler's parser gives the file's address alone; this one keeps page, title and date too."""

    def parse(self, response: Any) -> Iterator[dict[str, str]]:
        """One task a picture: file_url, page_url, title, date."""
        for item in response["data"]:
            file_url = self._decode_url(item["objURL"]) if item.get("objURL") else item.get("hoverURL")
            if file_url:
                yield {
                    "file_url": file_url,
                    "page_url": self._decode_url(item.get("fromURL") or ""),
                    "title": item.get("fromPageTitle") or "",
                    "date": item.get("bdImgnewsDate") or "",
                }


class Baidu:
    """Pages of 30 results, up to the thousandth."""

    name = "baidu"
    title = "Baidu"
    about = "Web search in Chinese. Does not tell licences."
    filters = frozenset({FilterName.SIZE, FilterName.TYPE, FilterName.PEOPLE})
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """Offsets are counted by us, as icrawler's feeder does."""
        offset = int(str(cursor["offset"])) if cursor else 0
        address = page_address(
            icrawler_baidu.BaiduFeeder,
            keyword=quote_plus(query.text),
            offset=offset,
            max_num=_STEP,
            filters=_filters(query),
        )
        answer = _answer(get(address, headers={"Referer": "https://image.baidu.com/"}).content)
        hits = tuple(_hit(task) for task in BaiduParser(1, None, None).parse(answer))
        more = bool(hits) and offset + _STEP < _LAST
        return HitsPage(hits=hits, cursor={"offset": offset + _STEP} if more else None)


def _answer(content: bytes) -> dict[str, Any]:
    """Baidu's JSON, which escapes apostrophes as JSON does not and may hold bare control characters."""
    text = content.decode("utf-8", "ignore").replace("\\'", "'")
    try:
        found = json.loads(text, strict=False)
    except ValueError as error:
        raise TransientError("source_answer_unknown", "Baidu answered something unreadable.") from error
    if not isinstance(found.get("data"), list):
        told = str(found.get("message") or "no list of results")
        raise InputError("source_refused", f"Baidu does not serve programs here: {told}.")
    return dict(found)


def _filters(query: Query) -> dict[str, str]:
    chosen = query.filters
    wanted = {
        "size": chosen.size,
        # Baidu counts faces among the types, and knows no type for photos.
        "type": "face" if chosen.people else chosen.type if chosen.type != "photo" else "static",
    }
    return {name: str(value) for name, value in wanted.items() if value}


def _hit(task: dict[str, str]) -> Hit:
    return Hit(
        file_url=task["file_url"],
        page_url=task["page_url"] or None,
        title=BeautifulSoup(task["title"], "lxml").get_text(" ", strip=True) or None,
        published_at=_moment(task["date"]),
    )


def _moment(text: str) -> datetime | None:
    """2019-05-01 00:00"""
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
