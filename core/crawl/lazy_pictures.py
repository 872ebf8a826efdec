"""The address of a picture's largest variant in a tag, also where a script puts it in place later.

Lazy loaders leave a placeholder in `src` or `srcset` and keep the address in an attribute of their own. The
attributes below are those that common ones read; a value counts only if it can be the address of a picture.
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bs4.element import Tag

#: Addresses of originals beside smaller variants: Jetpack, WooCommerce, Tumblr, zoom scripts.
_ORIGINALS = (
    "data-orig-file", "data-large_image", "data-large-file", "data-zoom-image", "data-zoom-src",
    "data-highres", "data-hi-res-src", "data-full-src", "zoomfile",
)  # fmt: skip
#: Lists of variants: HTML, lazysizes, lozad, vanilla-lazyload, jQuery Lazy, Smush, WP Rocket, a3, Jetpack,
#: Flickity, Cloudflare, Complianz, Webflow.
_SETS = (
    "data-srcset", "data-lazy-srcset", "data-original-set", "data-flickity-lazyload-srcset",
    "data-cfsrcset", "data-cmplz-srcset", "data-wf-srcset", "data-bgset", "srcset",
)  # fmt: skip
#: Single addresses, the best one first: the same, and jQuery Lazyload, Echo, b-lazy, Unveil, Layzr, Slick,
#: Owl, Slider Revolution, KISSY, Discuz!, Zhihu, Sina.
_SINGLE = (
    "data-original", "data-full", "data-large", "data-src-retina", "data-retina", "data-src", "data-lazy-src",
    "data-lazy-original", "data-lazy", "data-lazyload", "data-lazyload-src", "data-lazysrc", "data-ll-src",
    "data-flickity-lazyload", "data-flickity-lazyload-src", "data-echo", "data-normal", "data-cfsrc",
    "data-cmplz-src", "data-wf-src", "data-defer-src", "data-delayed-src", "data-real-src", "data-actualsrc",
    "data-actual-src", "data-orig-src", "data-original-src", "data-image-src", "data-img-src", "data-imgsrc",
    "data-img-url", "data-image", "data-img", "data-url", "data-hi-res", "data-aload", "data-ks-lazyload",
    "data-iesrc", "real_src", "file", "load-src", "original", "ess-data", "loadlate",
)  # fmt: skip
#: Backgrounds and posters of any tag.
_BACKGROUNDS = (
    "data-bg", "data-bg-multi", "data-bg-set", "data-bg-src", "data-bg-image",
    "data-background", "data-background-image", "data-background-image-set", "data-lazy-bg",
    "data-lazy-background", "data-bgset", "data-poster",
)  # fmt: skip
#: CSS selector of tags with such a background.
BACKGROUND_TAGS = ", ".join(f"[{name}]" for name in _BACKGROUNDS)

_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".jp2",
)  # fmt: skip
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
#: One part of a srcset: an address, which may contain commas but not end with one, and a width or density.
_CANDIDATE = re.compile(r"(\S*[^,\s])(?:\s+(\d+(?:\.\d+)?)[wxh])?\s*(?:,|$)")
#: File names of placeholders without their suffix: one of the words, with numbers or a size at most.
_PLACEHOLDER = re.compile(
    r"(?:.*[-_.])?(?:img|image)?placeholder(?:[-_.].*)?"
    r"|(?:blank|spacer|lazyload(?:ing)?|(?:ajax[-_])?load(?:ing|er)|preloader|spinner|no[-_]?image|1x1)[-_.\dx]*",
    re.IGNORECASE,
)
#: The same for pictures that are hardly ever photos, by their suffix.
_DRAWN_PLACEHOLDER = re.compile(
    r"(?:pixel|trans(?:parent)?|empty|dummy|clear|gr[ae]y|white|dot|lazy|[_stx])[-_.\dx]*", re.IGNORECASE
)
_DRAWN_SUFFIXES = (".gif", ".png", ".svg", "")
_PLACEHOLDER_HOSTS = frozenset(
    ("via.placeholder.com", "placehold.it", "placehold.co", "placeholder.com", "dummyimage.com")
)
#: Widths that the width in an address such as `cup_{width}x.jpg` may take, where the page lists none.
_WIDTHS = (1080,)


def best_address(tag: Tag) -> str:
    """The address of the largest variant of a picture; empty where the tag has only a placeholder."""
    original = _first(tag, _ORIGINALS)
    if original:
        return original
    variants = [each for name in _SETS for each in _candidates(_text(tag, name)) if is_picture(each[1])]
    if variants:
        # Of equally large variants the first one, which a lazy loader names.
        return max(variants, key=lambda each: each[0])[1]
    source = _text(tag, "src")
    return _first(tag, _SINGLE) or (source if is_picture(source) and not _is_dot(tag) else "")


def background_addresses(tag: Tag) -> Iterator[str]:
    """Addresses of a tag's backgrounds and poster that a script loads later."""
    for name in _BACKGROUNDS:
        # For dense screens vanilla-lazyload has a larger variant of the same background.
        value = _text(tag, f"{name}-hidpi") or _text(tag, name)
        found = CSS_ADDRESS.findall(value) or [max(_candidates(value), default=(0.0, ""))[1]]
        yield from filter(_is_address, found)


def is_picture_address(address: str) -> bool:
    """Whether the path has the suffix of a picture."""
    return urlsplit(address).path.lower().endswith(_SUFFIXES)


def is_picture(address: str) -> bool:
    """Whether text can be the address of a picture, and not that of a placeholder."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return False
    if not address.strip() or parts.scheme not in ("", "http", "https") or host in _PLACEHOLDER_HOSTS:
        return False
    name = parts.path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    stem, suffix = (stem, dot + ending.lower()) if dot else (name, "")
    is_drawn = suffix in _DRAWN_SUFFIXES and _DRAWN_PLACEHOLDER.fullmatch(stem)
    return not is_drawn and not _PLACEHOLDER.fullmatch(stem)


def _is_address(value: str) -> bool:
    """Whether the value of a script's attribute is an address: others hold numbers, colours or JSON."""
    is_path = "/" in value or is_picture_address(value)
    return is_path and is_picture(value) and not re.search(r"[\n{}<>]", value)


def _first(tag: Tag, names: tuple[str, ...]) -> str:
    """The first of these attributes that is the address of a picture."""
    return next((value for name in names if _is_address(value := _single(tag, name))), "")


def _single(tag: Tag, name: str) -> str:
    """The value of an attribute: of b-lazy's two the one for dense screens, with lazysizes' largest width."""
    value = _text(tag, name).rpartition("|")[2]
    if "{width}" not in value:
        return value
    return value.replace("{width}", str(max(_widths(tag))))


def _widths(tag: Tag) -> tuple[int, ...]:
    try:
        listed = json.loads(_text(tag, "data-widths"))
    except ValueError:
        return _WIDTHS
    widths = [each for each in listed if isinstance(each, int)] if isinstance(listed, list) else []
    return tuple(widths) or _WIDTHS


def _text(tag: Tag, name: str) -> str:
    return str(tag.get(name) or "").strip()


def _candidates(srcset: str) -> Iterator[tuple[float, str]]:
    """The pairs (width or density, address) of a srcset such as `a.jpg 480w, b.jpg 2x`."""
    for address, weight in _CANDIDATE.findall(srcset):
        yield float(weight or 1.0), address


def _is_dot(tag: Tag) -> bool:
    """Whether the tag is one pixel large, as counters of visits are."""
    return all(_text(tag, name).removesuffix("px") in ("0", "1") for name in ("width", "height"))
