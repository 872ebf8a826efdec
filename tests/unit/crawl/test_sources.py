"""Every source against pages in its own format: paging, filters, and the data of each hit."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from core.crawl.options import CrawlFilters, LicenceFilter, PictureAge, PictureSize, PictureType
from core.crawl.search.source_reader import SourceReader
from core.crawl.source import Hit, Query, Reply
from core.crawl.sources.registry import SEARCHED, SOURCES
from core.errors import InputError, TransientError
from tests.web_server import HITS, LocalWeb


def _all_hits(reader: SourceReader, name: str, text: str = "face mask", **filters: object) -> list[Hit]:
    """Read pages until the source has no more."""
    query = Query(text=text, filters=CrawlFilters(**filters), limit=10_000, key="k3y")  # type: ignore[arg-type]
    hits: dict[str, Hit] = {}
    cursor = None
    for _ in range(100):
        page = reader.read_page(SOURCES[name], query, cursor)
        hits |= {hit.file_url: hit for hit in page.hits}
        cursor = page.cursor
        if cursor is None:
            break
    return list(hits.values())


@pytest.mark.parametrize(
    ("name", "found"),
    # Openverse shows 240 results without an account.
    [
        ("bing", HITS),
        ("baidu", HITS),
        ("google", HITS),
        ("flickr", HITS),
        ("openverse", 240),
        ("commons", HITS),
    ],
)
def test_all_pages_are_read(reader: SourceReader, name: str, found: int) -> None:
    hits = _all_hits(reader, name)
    assert len(hits) == found
    assert all(hit.file_url.startswith("https://pictures.example/ok/") for hit in hits)
    assert all(hit.page_url and hit.title for hit in hits)
    tells = SOURCES[name].tells_licence
    assert all(bool(hit.licence) is tells and bool(hit.creator) is tells for hit in hits)


def test_bing_takes_every_kind_of_file_with_page_and_title(reader: SourceReader) -> None:
    hits = _all_hits(reader, "bing")
    assert {hit.file_url.rsplit(".", 1)[1] for hit in hits} == {"jpg", "png", "webp?w=800"}
    assert hits[4].title == 'Crowd mask 4 "quoted" & more'
    assert hits[4].page_url == "https://news.example/story/4?a=1&b=2"


def test_data_of_the_other_sources(reader: SourceReader) -> None:
    baidu = _all_hits(reader, "baidu", "口罩")[1]
    assert (baidu.title, baidu.page_url) == ("戴 口罩 的人 1", "https://news.example/story/1")
    assert baidu.published_at is not None and baidu.published_at.year == 2021
    google = _all_hits(reader, "google")[2]
    assert (google.title, google.page_url) == ("Crowd & mask 2", "https://news.example/story/2")
    flickr = _all_hits(reader, "flickr")[4]
    assert (flickr.licence, flickr.creator) == ("CC BY 2.0", "Ada Crowd")
    assert flickr.page_url == "https://www.flickr.com/photos/12345@N00/4"
    openverse = _all_hits(reader, "openverse")
    assert {hit.licence for hit in openverse} == {"CC BY 2.0", "CC BY-SA 4.0", "CC0 1.0"}
    commons = _all_hits(reader, "commons")[0]
    assert (commons.licence, commons.creator) == ("CC BY-SA 4.0", "Ada")
    assert commons.licence_url == "https://creativecommons.org/licenses/by-sa/4.0"


def test_filters_reach_each_source(web: LocalWeb, reader: SourceReader) -> None:
    web.begun.clear()
    chosen = {
        "size": PictureSize.LARGE,
        "type": PictureType.PHOTO,
        "licence": LicenceFilter.COMMERCIAL,
        "date": PictureAge.WEEK,
    }
    for source in SEARCHED:
        known = {name: value for name, value in chosen.items() if name in source.filters}
        people = "people" in source.filters
        _first_page(reader, source.name, CrawlFilters(**known, people=people))  # type: ignore[arg-type]
    asked = {address.partition("/")[0]: address for address in web.begun if "robots.txt" not in address}
    assert (
        "qft=+filterui:imagesize-large+filterui:photo-photo+filterui:license-L2_L3_L4"
        in asked["www.bing.com"]
    )
    assert "+filterui:age-lt10080+filterui:face-face" in asked["www.bing.com"]
    assert "z=3&s=0&lm=0&st=-1&face=1" in asked["image.baidu.com"]
    google = parse_qs(urlsplit(asked["www.google.com"]).query)
    assert google["tbs"] == ["itp:face,isz:l,sur:fc,qdr:w"]
    flickr = parse_qs(urlsplit(asked["api.flickr.com"]).query)
    assert (flickr["license"], flickr["content_type"]) == (["4,5,6,7,8,9,10"], ["1"])
    assert "license_type=commercial&size=large&category=photograph" in asked["api.openverse.org"].replace(
        "%2C", ","
    )
    assert "filew%3A%3E1000" in asked["commons.wikimedia.org"]


def _first_page(reader: SourceReader, name: str, filters: CrawlFilters) -> None:
    reader.read_page(SOURCES[name], Query(text="a & b", filters=filters, limit=10, key="k"), None)


def test_a_phrase_is_escaped(web: LocalWeb, reader: SourceReader) -> None:
    web.begun.clear()
    for name in ("bing", "baidu"):
        _first_page(reader, name, CrawlFilters())
    asked = [address for address in web.begun if "robots" not in address]
    assert any("q=a+%26+b&first=0" in address for address in asked)
    assert any("word=a+%26+b&pn=0" in address for address in asked)


def test_a_licence_filter_is_never_ignored(reader: SourceReader) -> None:
    with pytest.raises(InputError) as refused:
        _first_page(reader, "baidu", CrawlFilters(licence=LicenceFilter.COMMERCIAL))
    assert refused.value.code == "filter_unknown"


def test_a_refusal_of_a_source_is_reported(reader: SourceReader) -> None:
    query = Query(text="forbidden", filters=CrawlFilters(), limit=10)
    with pytest.raises(InputError) as refused:
        reader.read_page(SOURCES["baidu"], query, None)
    assert refused.value.code == "source_refused"
    assert "Forbid spider access" in refused.value.message


def test_a_site_is_followed_page_by_page_and_never_left(web: LocalWeb, reader: SourceReader) -> None:
    web.begun.clear()
    hits = _all_hits(reader, "site", "https://site.example/site/page0.html")
    # Forty pages of three pictures, the largest of each srcset.
    assert len(hits) == 120
    assert {hit.licence for hit in hits} == {"CC BY 4.0"}
    assert (hits[0].title, hits[0].creator) == ("Stall 0", "Ada Crowd")
    assert all(count == 1 for address, count in web.begun.items() if "/site/" in address)
    assert not any("elsewhere" in address for address in web.begun)


def test_addresses_are_hits(reader: SourceReader) -> None:
    hits = _all_hits(reader, "addresses", "https://a.example/1.jpg\nhttps://a.example/2.jpg")
    assert [hit.file_url for hit in hits] == ["https://a.example/1.jpg", "https://a.example/2.jpg"]


def test_unsupported_filters_are_refused_or_ignored(reader: SourceReader) -> None:
    with pytest.raises(InputError) as refused:
        _first_page(reader, "google", CrawlFilters(licence=LicenceFilter.PUBLIC_DOMAIN))
    assert refused.value.code == "filter_unknown"
    assert len(_all_hits(reader, "page", "https://site.example/site/page0.html", licence="commercial")) == 3


@pytest.mark.parametrize("name", [source.name for source in SEARCHED])
@pytest.mark.parametrize(
    "content",
    [
        b"[]", b"{}", b'"x"', b"null", b"7", b'{"data":null}', b'{"results":{"url":1}}', b'{"photos":[]}',
        b'{"stat":"ok","photos":{"photo":[7,"x"],"pages":null}}', b'{"query":{"pages":[1,{"index":"a"}]}}',
        b"\xff\xfe\x00", b"<a m='x'>", b"",
    ],
)  # fmt: skip
def test_a_reply_of_another_form_has_a_code_and_nothing_else(name: str, content: bytes) -> None:
    reader = SourceReader(fetcher=_Fetched(content), obey_robots=True, agent="Maskloop")  # type: ignore[arg-type]
    try:
        page = reader.read_page(SOURCES[name], Query(text="mask", filters=CrawlFilters(), limit=10), None)
    except (InputError, TransientError) as error:
        assert error.code in ("source_answer_unknown", "source_refused")
    else:
        assert page.hits == ()


class _Fetched:
    """A fetcher that has one reply."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get(self, address: str, **_: object) -> Reply:
        return Reply(url=address, status=200, headers={}, content=self._content)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("openverse", lambda odd, good: {"results": [{"url": good}, *odd], "page_count": 1}),
        ("baidu", lambda odd, good: {"data": [{"hoverURL": good}, *odd]}),
        ("commons", lambda odd, good: {"query": {"pages": [_commons_page(good), *odd]}}),
        ("flickr", lambda odd, good: {"stat": "ok", "photos": {"photo": [_flickr_photo(good), *odd]}}),
    ],
)
def test_a_result_of_another_form_costs_itself_alone(
    name: str, reply: Callable[[list[object], str], object]
) -> None:
    good = "https://pictures.example/ok/1.jpg"
    odd: list[object] = [7, [good], None]
    content = json.dumps(reply(odd, good)).encode()
    reader = SourceReader(fetcher=_Fetched(content), obey_robots=True, agent="Maskloop")  # type: ignore[arg-type]
    page = reader.read_page(SOURCES[name], Query(text="mask", filters=CrawlFilters(), limit=10), None)
    assert [hit.file_url for hit in page.hits] == [good]
    assert page.unreadable == 3


def _commons_page(url: str) -> dict[str, object]:
    return {"title": "File:A.jpg", "imageinfo": [{"url": url, "timestamp": "2021-01-01T00:00:00Z"}]}


def _flickr_photo(url: str) -> dict[str, object]:
    return {
        "id": "1",
        "owner": "a",
        "title": "x\0y",
        "license": "4",
        "url_o": url,
        "dateupload": "1600000000",
    }


def test_texts_that_no_database_stores_are_cleaned() -> None:
    content = json.dumps({"stat": "ok", "photos": {"photo": [_flickr_photo("https://a.example/1.jpg")]}})
    reader = SourceReader(fetcher=_Fetched(content.encode()), obey_robots=True, agent="Maskloop")  # type: ignore[arg-type]
    page = reader.read_page(SOURCES["flickr"], Query(text="m", filters=CrawlFilters(), limit=10), None)
    assert page.hits[0].title == "xy"
