"""Pictures that scripts load later are found, and placeholders never stand in for them."""

import pytest

from core.crawl.html_pictures import find_pictures, read_html
from core.crawl.source import Reply

_GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

#: Markup as the loaders write it, and the files that a browser shows in the end.
LOADERS = {
    "lazysizes": (f'<img class="lazyload" src="{_GIF}" data-src="a.jpg">', ["a.jpg"]),
    "lazysizes, sets": (
        f'<img src="low.jpg" srcset="{_GIF}" data-srcset="a-300.jpg 300w, a-900.jpg 900w" data-sizes="auto">',
        ["a-900.jpg"],
    ),
    "lazysizes, widths": ('<img data-src="a_{width}x.jpg" data-widths="[180, 360, 1440]">', ["a_1440x.jpg"]),
    "lazysizes, bgset": (
        '<div class="lazyload" data-bgset="a-300.jpg 300w, a-900.jpg 900w"></div>',
        ["a-900.jpg"],
    ),
    "lozad": ('<img class="lozad" data-src="a.jpg" data-srcset="a.jpg 1000w, b.jpg 2000w">', ["b.jpg"]),
    "lozad, background": ('<div data-background-image="a.jpg"></div>', ["a.jpg"]),
    "lozad, background set": ('<div data-background-image-set="a.jpg 1x, a-2x.jpg 2x"></div>', ["a-2x.jpg"]),
    "lozad, picture": (
        '<picture><source data-srcset="a.webp 1x, a-2x.webp 2x"></picture>',
        ["a-2x.webp"],
    ),
    "vanilla-lazyload": ('<img class="lazy" src="low.jpg" data-src="a.jpg">', ["a.jpg"]),
    "vanilla-lazyload, background": (
        '<div data-bg="a.jpg" data-bg-hidpi="a@2x.jpg"></div>',
        ["a@2x.jpg"],
    ),
    "vanilla-lazyload, backgrounds": (
        '<div data-bg-multi="url(a.jpg), url(b.jpg), linear-gradient(#fff, #ccc)"></div>',
        ["a.jpg", "b.jpg"],
    ),
    "vanilla-lazyload, poster": ('<video data-poster="a.jpg" data-src="film.mp4"></video>', ["a.jpg"]),
    "vanilla-lazyload 8": ('<img data-original="a.jpg" data-original-set="a.jpg 1x, b.jpg 2x">', ["b.jpg"]),
    "jQuery Lazyload": ('<img class="lazy" src="img/grey.gif" data-original="a.jpg">', ["a.jpg"]),
    "jQuery Lazy": ('<img class="lazy" data-src="a.jpg" data-retina="a@2x.jpg">', ["a@2x.jpg"]),
    "Unveil": ('<img src="bg.png" data-src="a.jpg" data-src-retina="a@2x.jpg">', ["a@2x.jpg"]),
    "b-lazy": ('<img class="b-lazy" src="1x1.gif" data-src="a.jpg|a@2x.jpg">', ["a@2x.jpg"]),
    "Echo": ('<img src="img/blank.gif" data-echo="a.jpg">', ["a.jpg"]),
    "Layzr": ('<img data-normal="a.jpg" data-retina="a@2x.jpg">', ["a@2x.jpg"]),
    "Slick": ('<img data-lazy="a.jpg">', ["a.jpg"]),
    "Flickity": ('<img data-flickity-lazyload="a.jpg">', ["a.jpg"]),
    "Slider Revolution": ('<img src="dummy.png" data-lazyload="a.jpg">', ["a.jpg"]),
    "a3 Lazy Load": (
        '<img src="//x.example/lazy_placeholder.gif" data-lazy-type="image" data-lazy-src="a.jpg"'
        ' data-lazy-srcset="a.jpg 300w, b.jpg 900w"><noscript><img src="a.jpg"></noscript>',
        ["b.jpg", "a.jpg"],
    ),
    "Smush": (
        f'<img class="lazyload" data-src="a.jpg" src="{_GIF}" style="--smush-placeholder-width:9px">',
        ["a.jpg"],
    ),
    "WP Rocket": (
        "<img src=\"data:image/svg+xml,%3Csvg%20viewBox='0%200%209%209'%3E%3C/svg%3E\""
        ' data-lazy-src="a.jpg" data-lazy-srcset="a.jpg 300w"><div data-bg="url(b.jpg)"></div>',
        ["a.jpg", "b.jpg"],
    ),
    "Jetpack": (
        '<img src="a-300.jpg" srcset="a-300.jpg 300w, a-600.jpg 600w" data-orig-file="a.jpg"'
        ' data-large-file="a-1024.jpg" data-lazy-src="a-300.jpg">',
        ["a.jpg"],
    ),
    "WooCommerce": ('<img src="a-100.jpg" data-large_image="a.jpg" data-src="a-600.jpg">', ["a.jpg"]),
    "Cloudflare": (f'<img src="{_GIF}" data-cfsrc="a.jpg">', ["a.jpg"]),
    "Complianz": ('<img src="placeholder.jpg" data-cmplz-src="a.jpg">', ["a.jpg"]),
    "KISSY": ('<img src="//x.example/s.gif" data-ks-lazyload="a.jpg">', ["a.jpg"]),
    "Discuz!": ('<img src="static/image/common/none.gif" zoomfile="a.jpg" file="a-s.jpg">', ["a.jpg"]),
    "Zhihu": (f'<img src="{_GIF}" data-actualsrc="a-b.jpg" data-original="a.jpg">', ["a.jpg"]),
    "Sina": ('<img src="sg_trans.gif" real_src="a.jpg">', ["a.jpg"]),
    "lightGallery": ('<div data-src="a.jpg"><img src="a-thumb.jpg"></div>', ["a.jpg", "a-thumb.jpg"]),
    "AMP": ('<amp-img src="a.jpg" srcset="a.jpg 300w, b.jpg 900w"></amp-img>', ["b.jpg"]),
    "noscript alone": ('<noscript><img src="a.jpg"></noscript>', ["a.jpg"]),
}


def found(markup: str) -> list[str]:
    reply = Reply(url="https://site.example/p", status=200, headers={}, content=f"<body>{markup}".encode())
    hits = find_pictures(read_html(reply), reply.url)
    return [
        hit.file_url.removeprefix("https://site.example/").removeprefix("https://x.example/") for hit in hits
    ]


@pytest.mark.parametrize("loader", LOADERS)
def test_the_picture_of_each_loader_is_found_and_nothing_else(loader: str) -> None:
    markup, files = LOADERS[loader]
    assert found(markup) == files


@pytest.mark.parametrize(
    "address",
    [
        "blank.gif", "img/spacer.gif", "1x1.png", "transparent.gif", "pixel.gif?id=3", "grey.gif", "x.gif",
        "placeholder.png", "woocommerce-placeholder-600x600.png", "lazy_placeholder.gif",
        "image-placeholder.svg", "placeholder.jpg", "loading.gif", "ajax-loader.gif", "lazyload.png",
        "no-image.jpg", "https://via.placeholder.com/300x200", "data:image/png;base64,iVBOR", "about:blank",
    ],
)  # fmt: skip
def test_a_placeholder_alone_is_no_picture(address: str) -> None:
    assert found(f'<img src="{address}">') == []
    assert found(f'<img src="{address}" data-src="a.jpg">') == ["a.jpg"]
    assert found(f'<img srcset="{address} 2x" data-src="a.jpg">') == ["a.jpg"]


@pytest.mark.parametrize(
    "address",
    ["white.jpg", "blank-stare.jpg", "blanket.gif", "pixelart.gif", "loading-dock.jpg", "x.jpg",
     "spacers.png", "image.php?id=7", "photo", "my%20photo.jpg", "dot-com.png"],
)  # fmt: skip
def test_photos_with_names_that_look_alike_stay(address: str) -> None:
    assert found(f'<img src="{address}">') == [address]


def test_values_that_are_no_addresses_are_passed_over() -> None:
    markup = (
        '<img src="a.jpg" data-image="17" data-full="true" data-large="{&quot;w&quot;: 3}" data-lazy="1.5">'
        '<section data-background="rgba(0,0,0,.5)" data-bg="dark"></section>'
        '<div data-src="film.mp4"></div><iframe data-src="https://x.example/embed/"></iframe>'
        '<img src="https://x.example/count.php" width="1" height="1">'
    )
    assert found(markup) == ["a.jpg"]
