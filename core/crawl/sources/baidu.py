"""Baidu image search, with icrawler's feeder and an extended parser."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from bs4 import BeautifulSoup
from icrawler.builtin import baidu as icrawler_baidu

from core.crawl.options import FilterName
from core.crawl.source import Cursor, Get, Hit, HitsPage, Query, read_hits
from core.crawl.sources.icrawler_pages import page_address, page_at, read_offset
from core.errors import InputError, TransientError

_STEP = 30
_LAST = 1000


class BaiduParser(icrawler_baidu.BaiduParser):
    """Keeps page, title and date; icrawler's parser returns only the file's address."""

    def parse(self, response: Any) -> Iterator[dict[str, str]]:
        """One task per picture: file_url, page_url, title, date."""
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
    """30 results per page, 1,000 in all."""

    name = "baidu"
    title = "Baidu"
    about = "Web search in Chinese. Does not tell licences."
    filters = frozenset({FilterName.SIZE, FilterName.TYPE, FilterName.PEOPLE})
    tells_licence = False
    key_setting = ""

    def read_page(self, query: Query, cursor: Cursor | None, get: Get) -> HitsPage:
        """The cursor is the offset of the page's first result."""
        offset = read_offset(cursor)
        address = page_address(
            icrawler_baidu.BaiduFeeder,
            keyword=quote_plus(query.text),
            offset=offset,
            max_num=_STEP,
            filters=_filters(query),
        )
        reply = _parse_reply(get(address, headers={"Referer": "https://image.baidu.com/"}).content)
        hits, unreadable = read_hits(reply["data"], _hits)
        return page_at(offset, hits, step=_STEP, last=_LAST, unreadable=unreadable)


def _parse_reply(content: bytes) -> dict[str, Any]:
    """Parses Baidu's JSON, which has invalid escapes and may contain raw control characters."""
    text = content.decode("utf-8", "ignore").replace("\\'", "'")
    try:
        found = json.loads(text, strict=False)
    except ValueError as error:
        raise TransientError("source_answer_unknown", "Baidu sent a reply that cannot be read.") from error
    if not isinstance(found.get("data"), list):
        reason = str(found.get("message") or "no list of results")
        raise InputError("source_refused", f"Baidu refuses automated requests: {reason}.")
    return dict(found)


def _filters(query: Query) -> dict[str, str]:
    chosen = query.filters
    names = {
        "size": chosen.size,
        # For Baidu faces are a type, and photos have none of their own.
        "type": "face" if chosen.people else chosen.type if chosen.type != "photo" else "static",
    }
    return {name: str(value) for name, value in names.items() if value}


def _hits(item: dict[str, Any]) -> list[Hit]:
    return [_hit(task) for task in BaiduParser(1, None, None).parse({"data": [item]})]


def _hit(task: dict[str, str]) -> Hit:
    return Hit(
        file_url=task["file_url"],
        page_url=task["page_url"] or None,
        title=BeautifulSoup(task["title"], "lxml").get_text(" ", strip=True) or None,
        published_at=_parse_date(task["date"]),
    )


def _parse_date(text: str) -> datetime | None:
    """From text such as 2019-05-01 00:00."""
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
