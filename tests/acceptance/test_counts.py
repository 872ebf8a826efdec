"""Every count of every page names what it counts: a number stands beside its unit, or below a heading."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import Browser

from tests.acceptance.all_pages import MORE, list_addresses
from tests.acceptance.live_pages import Site, visiting

pytestmark = [pytest.mark.browser]

_NUMBER = re.compile(r"[\d,]*\d\+?")
_UNIT = re.compile(
    r"photo|face|file|batch|job|decision|group|picture|step|box|row|epoch|decided|version|"
    r"dataset|conflict|crop|worker|object|label|people",
    re.IGNORECASE,
)
#: Numbers that count nothing: keys, choices of forms, axes of drawings, times.
_NO_COUNT = "ancestor-or-self::*[self::kbd or self::option or self::textarea or self::svg or self::time]"
#: Ids in the path of a page and before a dataset's title; values of settings.
_IDS = (
    "ancestor::p[@class='crumbs'] | ancestor::h2[@class='job-row__title'] | ancestor::dl[@class='settings']"
)


def _bare_numbers(page: html.HtmlElement) -> Iterator[str]:
    """Elements of the main part that hold a number and nothing else, where nothing names its unit."""
    for one in page.find(".//main").iter():
        text = "".join(one.itertext()).strip() if isinstance(one.tag, str) and not len(one) else ""
        if _NUMBER.fullmatch(text) and not one.xpath(f"{_NO_COUNT} | {_IDS}") and not _is_named(one):
            yield html.tostring(one.getparent(), encoding="unicode").strip()[:200]


def _is_named(one: html.HtmlElement) -> bool:
    """Whether the line, its list or region, the term or the heading of the column names the unit."""
    cells = one.xpath("ancestor-or-self::td | ancestor-or-self::th")
    if cells:
        return bool(cells[0].xpath("ancestor::table//thead | ancestor::table/caption"))
    terms = one.xpath("ancestor::dd/preceding-sibling::dt | ancestor::aside[1]//h2")
    named = [*terms, one.getparent(), *one.xpath("ancestor::li | ancestor::p")[-1:]]
    words = ["".join(each.itertext()) for each in named] + one.xpath("ancestor::ul/@aria-label")
    return any(_UNIT.search(each) for each in words)


def test_no_count_stands_alone(browser: Browser, filled_site: Site, tmp_path: Path) -> None:
    found, opened = [], 0
    with visiting(browser, filled_site) as visitor:
        for path in (*list_addresses(tmp_path).values(), *MORE):
            address = filled_site.address + path
            answer = visitor.page.request.get(address, headers={"Accept": "text/html"}, max_redirects=0)
            if "text/html" in answer.headers.get("content-type", "") and answer.status != 302:
                found += [f"{path}: {fault}" for fault in _bare_numbers(html.fromstring(answer.body()))]
                opened += 1
    assert found == [], "\n".join(found)
    assert opened > 40
