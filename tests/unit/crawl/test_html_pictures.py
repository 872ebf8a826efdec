"""What "download all images" finds in a page."""

from core.crawl.html_pictures import find_pictures, forbids_learning, read_html
from core.crawl.source import Reply

_PAGE = """<!doctype html><html><head><title>Gate</title><base href="https://cdn.example/x/">
<meta property="og:image" content="/cover.jpg">
<a rel="license" href="https://creativecommons.org/licenses/by-nc/3.0/">CC</a>
</head><body>
<img src="a.jpg" alt="Ann">
<img src="thumb.gif" data-src="b.jpg" title="Bo">
<img src="c-320.jpg" srcset="c-320.jpg 320w, c-1600.jpg 1600w,c-800.jpg 800w">
<picture><source srcset="d.avif 1x, d@2x.avif 2x"><img src="d.jpg"></picture>
<figure><a href="e.JPG"><img src="e-small.jpg"></a><figcaption>The gate</figcaption></figure>
<div style="background-image: url('f.png')"></div>
<img src="data:image/gif;base64,R0lGOD"><img src="a.jpg"><img src="javascript:x">
<video poster="g.jpg"></video>
<a href="page.html">no</a></body></html>"""


def test_every_way_of_showing_a_picture() -> None:
    hits = find_pictures(read_html(_reply(_PAGE)), "https://site.example/p")
    names = [hit.file_url.removeprefix("https://cdn.example/") for hit in hits]
    assert sorted(names) == sorted(
        ["x/a.jpg", "x/b.jpg", "x/c-1600.jpg", "x/d@2x.avif", "x/d.jpg", "x/e.JPG", "x/e-small.jpg",
         "x/f.png", "x/g.jpg", "cover.jpg"]
    )  # fmt: skip
    by_name = dict(zip(names, hits, strict=True))
    assert (by_name["x/a.jpg"].title, by_name["x/b.jpg"].title) == ("Ann", "Bo")
    assert by_name["x/e.JPG"].title == "The gate"
    assert by_name["x/c-1600.jpg"].title == "Gate"
    assert {hit.licence for hit in hits} == {"CC BY-NC 3.0"}
    assert {hit.page_url for hit in hits} == {"https://site.example/p"}


def test_meta_tags_that_forbid_machine_learning() -> None:
    refusing = '<meta name="Robots" content="noindex, noai">'
    other = '<meta name="robots" content="noindex"><p>noai</p>'
    assert forbids_learning(read_html(_reply(refusing)), "Maskloop")
    assert not forbids_learning(read_html(_reply(other)), "Maskloop")


def _reply(text: str) -> Reply:
    return Reply(url="https://site.example/p", status=200, headers={}, content=text.encode())
