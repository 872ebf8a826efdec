"""Find the pictures of an HTML page as a browser's "download all images" does, with title and licence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag

from core.crawl.address import clean_address
from core.crawl.lazy_pictures import (
    BACKGROUND_TAGS,
    CSS_ADDRESS,
    background_addresses,
    best_address,
    is_picture,
    is_picture_address,
)
from core.crawl.politeness import refuses_learning
from core.crawl.source import Hit, Licence, Reply, licence_at
from core.errors import InputError

#: Tags that show or link a picture; a `data-src` of a link or box counts by its suffix, as in galleries.
_PICTURE_TAGS = (
    "img, picture source, input[type=image], amp-img, a[href], a[data-src], div[data-src], li[data-src], "
    f"video[poster], [style*='url('], {BACKGROUND_TAGS}"
)
_META_PICTURES = ("og:image", "og:image:secure_url", "twitter:image", "twitter:image:src")


@dataclass(frozen=True, kw_only=True)
class PageFacts:
    """What a page tells about all of its pictures."""

    url: str
    base: str
    title: str | None
    licence: Licence | None
    creator: str | None
    published_at: datetime | None


def read_html(reply: Reply) -> BeautifulSoup:
    """The parsed page; its encoding is detected from the bytes."""
    return BeautifulSoup(reply.content, "lxml")


def find_pictures(soup: BeautifulSoup, address: str) -> tuple[Hit, ...]:
    """Each picture once, in page order."""
    facts = _facts(soup, address)
    hits: dict[str, Hit] = {}
    for found, title in _addresses(soup):
        if not is_picture(found):
            continue
        try:
            file_url = clean_address(found, facts.base)
        except InputError:
            continue
        hits.setdefault(file_url, _hit(file_url, title, facts))
    return tuple(hits.values())


def forbids_learning(soup: BeautifulSoup, agent: str) -> bool:
    """Whether a robots meta tag forbids machine learning (noai)."""
    tags = soup.select('meta[name="robots" i][content], meta[name="' + agent.lower() + '" i][content]')
    return any(refuses_learning(str(tag["content"]), agent) for tag in tags)


def base_of(soup: BeautifulSoup, address: str) -> str:
    """The base of the page's relative addresses."""
    tag = soup.find("base", href=True)
    return urljoin(address, str(tag["href"])) if isinstance(tag, Tag) else address


def _addresses(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Addresses as written in the page, each with its own title or an empty one."""
    for tag in soup.select(_PICTURE_TAGS):
        title = _title(tag)
        if tag.name in ("img", "source", "input", "amp-img"):
            yield best_address(tag), title
        elif is_picture_address(str(tag.get("href") or tag.get("data-src") or "")):
            yield str(tag.get("href") or tag.get("data-src")), title
        yield str(tag.get("poster") or ""), title
        for found in (*CSS_ADDRESS.findall(str(tag.get("style", ""))), *background_addresses(tag)):
            yield str(found), title
    for name in _META_PICTURES:
        for tag in soup.select(f'meta[property="{name}"][content], meta[name="{name}"][content]'):
            yield str(tag["content"]), ""


def _title(tag: Tag) -> str:
    figure = tag.find_parent("figure")
    caption = figure.find("figcaption") if figure is not None else None
    words = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else ""
    return str(tag.get("alt") or tag.get("title") or words).strip()


def _facts(soup: BeautifulSoup, address: str) -> PageFacts:
    title = soup.title.get_text(" ", strip=True) if soup.title is not None else ""
    return PageFacts(
        url=address,
        base=base_of(soup, address),
        title=title or None,
        licence=_licence(soup),
        creator=_meta(soup, "author"),
        published_at=_parse_time(_meta(soup, "article:published_time") or ""),
    )


def _licence(soup: BeautifulSoup) -> Licence | None:
    """The licence that the page links to; Creative Commons licences get their short name."""
    for tag in soup.select('a[rel~="license"][href], link[rel~="license"][href]'):
        url = str(tag["href"])
        return licence_at(url) or Licence(name=tag.get_text(" ", strip=True)[:80] or "See its page", url=url)
    return None


def _meta(soup: BeautifulSoup, name: str) -> str | None:
    tag = soup.select_one(f'meta[name="{name}"][content], meta[property="{name}"][content]')
    return str(tag["content"]).strip() or None if tag is not None else None


def _parse_time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hit(file_url: str, title: str, facts: PageFacts) -> Hit:
    return Hit(
        file_url=file_url,
        page_url=facts.url,
        title=title or facts.title,
        licence=facts.licence.name if facts.licence else None,
        licence_url=facts.licence.url if facts.licence else None,
        creator=facts.creator,
        published_at=facts.published_at,
    )
