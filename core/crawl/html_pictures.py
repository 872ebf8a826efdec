"""Find the pictures of an HTML page as a browser's "download all images" does, with title and licence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from core.crawl.address import clean_address
from core.crawl.politeness import refuses_learning
from core.crawl.source import Hit, Licence, Reply, licence_at
from core.errors import InputError

_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".jpe",
    ".png",
    ".webp",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".avif",
    ".heic",
    ".jp2",
)
#: Attributes of lazily loaded pictures, the best one first.
_LAZY = ("data-original", "data-full", "data-large", "data-src", "data-lazy-src", "data-url")
_CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
#: One part of a srcset: an address, which may contain commas but not end with one, and a width or density.
_CANDIDATE = re.compile(r"(\S*[^,\s])(?:\s+(\d+(?:\.\d+)?)[wxh])?\s*(?:,|$)")
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
        if not found or found.startswith("data:"):
            continue
        try:
            file_url = clean_address(found, facts.base)
        except InputError:
            continue
        hits.setdefault(file_url, _hit(file_url, title, facts))
    return tuple(hits.values())


def is_picture_address(address: str) -> bool:
    """Whether the path has the suffix of a picture."""
    return urlsplit(address).path.lower().endswith(_SUFFIXES)


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
    for tag in soup.select("img, picture source, a[href], input[type=image], video[poster], [style*='url(']"):
        title = _title(tag)
        if tag.name in ("img", "source", "input"):
            yield _best_of(tag), title
        elif tag.name == "a" and is_picture_address(str(tag["href"])):
            yield str(tag["href"]), title
        elif tag.name == "video":
            yield str(tag["poster"]), title
        for found in _CSS_ADDRESS.findall(str(tag.get("style", ""))):
            yield str(found), title
    for name in _META_PICTURES:
        for tag in soup.select(f'meta[property="{name}"][content], meta[name="{name}"][content]'):
            yield str(tag["content"]), ""


def _best_of(tag: Tag) -> str:
    """The address of the largest variant of an image."""
    srcset = str(tag.get("srcset") or tag.get("data-srcset") or "")
    if srcset:
        return max(_candidates(srcset), default=(0.0, ""))[1]
    lazy = next((str(tag[name]) for name in _LAZY if tag.get(name)), "")
    return lazy or str(tag.get("src") or "")


def _candidates(srcset: str) -> Iterator[tuple[float, str]]:
    """The pairs (width or density, address) of a srcset such as `a.jpg 480w, b.jpg 2x`."""
    for address, weight in _CANDIDATE.findall(srcset):
        yield float(weight or 1.0), address


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
