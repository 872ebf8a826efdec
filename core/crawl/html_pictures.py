"""The pictures of an HTML page, as a browser's "download all images" would find them, with what it tells."""

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
#: Where scripts find the picture that they load later, the best one first.
_LAZY = ("data-original", "data-full", "data-large", "data-src", "data-lazy-src", "data-url")
_CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
#: One part of a srcset: an address, which may hold commas but not end in one, and a width or density.
_CANDIDATE = re.compile(r"(\S*[^,\s])(?:\s+(\d+(?:\.\d+)?)[wxh])?\s*(?:,|$)")
_META_PICTURES = ("og:image", "og:image:secure_url", "twitter:image", "twitter:image:src")


@dataclass(frozen=True, kw_only=True)
class PageFacts:
    """What a page says of all its pictures."""

    url: str
    base: str
    title: str | None
    licence: Licence | None
    creator: str | None
    published_at: datetime | None


def read_html(reply: Reply) -> BeautifulSoup:
    """The page's tree; the bytes say their encoding themselves."""
    return BeautifulSoup(reply.content, "lxml")


def find_pictures(soup: BeautifulSoup, address: str) -> tuple[Hit, ...]:
    """Each picture once, in the page's order."""
    facts = _facts(soup, address)
    found: dict[str, Hit] = {}
    for written, title in _written(soup):
        if not written or written.startswith("data:"):
            continue
        try:
            file_url = clean_address(written, facts.base)
        except InputError:
            continue
        found.setdefault(file_url, _hit(file_url, title, facts))
    return tuple(found.values())


def is_picture_address(address: str) -> bool:
    """Whether the path ends as a picture's does."""
    return urlsplit(address).path.lower().endswith(_SUFFIXES)


def forbids_learning(soup: BeautifulSoup, agent: str) -> bool:
    """Whether a robots meta tag says noai."""
    tags = soup.select('meta[name="robots" i][content], meta[name="' + agent.lower() + '" i][content]')
    return any(refuses_learning(str(tag["content"]), agent) for tag in tags)


def base_of(soup: BeautifulSoup, address: str) -> str:
    """What relative addresses of the page complete."""
    tag = soup.find("base", href=True)
    return urljoin(address, str(tag["href"])) if isinstance(tag, Tag) else address


def _written(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Addresses as the page writes them, with a title of their own where there is one."""
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
    """The largest of what an image offers."""
    offered = str(tag.get("srcset") or tag.get("data-srcset") or "")
    if offered:
        return max(_candidates(offered), default=(0.0, ""))[1]
    lazy = next((str(tag[name]) for name in _LAZY if tag.get(name)), "")
    return lazy or str(tag.get("src") or "")


def _candidates(offered: str) -> Iterator[tuple[float, str]]:
    """`a.jpg 480w, b.jpg 2x` as pairs of weight and address."""
    for address, weight in _CANDIDATE.findall(offered):
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
        published_at=_moment(_meta(soup, "article:published_time") or ""),
    )


def _licence(soup: BeautifulSoup) -> Licence | None:
    """What the page links to as its licence; one of Creative Commons has a name."""
    for tag in soup.select('a[rel~="license"][href], link[rel~="license"][href]'):
        url = str(tag["href"])
        return licence_at(url) or Licence(name=tag.get_text(" ", strip=True)[:80] or "See its page", url=url)
    return None


def _meta(soup: BeautifulSoup, name: str) -> str | None:
    tag = soup.select_one(f'meta[name="{name}"][content], meta[property="{name}"][content]')
    return str(tag["content"]).strip() or None if tag is not None else None


def _moment(text: str) -> datetime | None:
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
