"""Result pages in the formats of the sources, for the local servers."""

import html
import json
from collections.abc import Sequence

from icrawler.builtin.baidu import BaiduParser

_BAIDU_WORDS = {":": "_z2C$q", ".": "_z&e3B", "/": "AzdH3F"}


def bing(first: int, numbers: Sequence[int], suffixes: Sequence[str] = ("jpg", "png", "webp?w=800")) -> bytes:
    """A page of `/images/async`: one tile per picture, its data as JSON in an attribute."""
    tiles = []
    for place, number in enumerate(numbers):
        told = {
            "sid": "",
            "cid": f"c{number}",
            "purl": f"https://news.example/story/{number}?a=1&b=2",
            "murl": f"https://pictures.example/ok/{number}.{suffixes[number % len(suffixes)]}",
            "turl": f"https://tse1.mm.bing.example/th?id={number}",
            "md5": f"{number:032x}",
            "t": f'Crowd \ue000mask\ue001 {number} "quoted" & more',
            "mid": f"{number:040X}",
            "desc": "",
        }
        attribute = html.escape(json.dumps(told, separators=(",", ":")), quote=True)
        tiles.append(
            f'<li data-idx="{first + place}"><div class="iuscp varh"><div class="imgpt">'
            f'<a class="iusc" m="{attribute}" href="/images/search?view=detailV2&amp;id={number}">'
            f'<div class="img_cont hoff"><img class="mimg" src="https://tse1.mm.bing.example/th?id={number}">'
            '</div></a></div><div class="img_info hon"><span class="nowrap">1200 × 800 · jpeg</span></div>'
            "</div></li>"
        )
    return f'<div class="dgControl"><ul class="dgControl_list">{"".join(tiles)}</ul></div>'.encode()


def baidu(first: int, numbers: Sequence[int]) -> bytes:
    """A reply of `acjson`, whose addresses are encoded, and whose last item is empty."""
    items: list[dict[str, object]] = [
        {
            "objURL": _baidu_encoded(f"https://pictures.example/ok/{number}.jpg"),
            "fromURL": _baidu_encoded(f"https://news.example/story/{number}"),
            "fromPageTitle": f"戴<strong>口罩</strong>的人 {number}",
            "bdImgnewsDate": "2021-03-04 00:00",
            "width": 1200,
            "height": 800,
            "type": "jpg",
        }
        for number in numbers
    ]
    answer = {"queryEnc": "%E5%8F%A3%E7%BD%A9", "displayNum": 9999, "listNum": 1000, "data": [*items, {}]}
    return json.dumps(answer, ensure_ascii=False).replace("/", "\\/").encode()


def baidu_refusal() -> bytes:
    """Baidu's refusal of automated requests."""
    return b'{"antiFlag":1,"message":"Forbid spider access"}'


def _baidu_encoded(address: str) -> str:
    back = {plain: coded for coded, plain in _decoding().items()}
    return "".join(_BAIDU_WORDS.get(c) or back.get(c, c) for c in address)


def _decoding() -> dict[str, str]:
    """The character table of icrawler's own decoder."""
    decode = BaiduParser(1, None, None)._decode_url
    return {letter: decode(letter) for letter in "abcdefghijklmnopqrstuvwxyz0123456789"}


def google(numbers: Sequence[int]) -> bytes:
    """A result page: data in a script, with thumbnails."""
    results = ",".join(
        f'[1,[0,"id{n}",["https://encrypted-tbn0.gstatic.com/images?q\\u003dtbn:{n}",183,275],'
        f'["https://pictures.example/ok/{n}.jpg",800,1200],null,0,"rgb(1,2,3)",null,0,'
        f'{{"2003":[null,"ref{n}","https://news.example/story/{n}","Crowd \\u0026 mask {n}",null]}}]]'
        for n in numbers
    )
    data = f"AF_initDataCallback({{key: 'ds:1', data:[{results}], sideChannel: {{}}}});"
    script = f'<script nonce="x">{data}</script>'
    return f"<!doctype html><html><head><title>mask</title></head><body>{script}</body></html>".encode()


def flickr(page: int, pages: int, numbers: Sequence[int]) -> bytes:
    """A reply of `flickr.photos.search` with extras."""
    photos = [
        {
            "id": str(n),
            "owner": "12345@N00",
            "secret": "s",
            "server": "65535",
            "title": f"Mask {n}",
            "license": str(n % 11),
            "ownername": "Ada Crowd",
            "dateupload": "1600000000",
            "url_l": f"https://pictures.example/ok/{n}.jpg",
            "url_m": f"https://pictures.example/small/{n}.jpg",
        }
        for n in numbers
    ]
    answer = {
        "photos": {"page": page, "pages": pages, "perpage": 100, "total": pages * 100, "photo": photos},
        "stat": "ok",
    }
    return json.dumps(answer).encode()


def openverse(page: int, pages: int, numbers: Sequence[int]) -> bytes:
    """A reply of `/v1/images/`."""
    results = [
        {
            "id": f"00000000-0000-4000-8000-{n:012d}",
            "title": f"Market {n}",
            "foreign_landing_url": f"https://museum.example/object/{n}",
            "url": f"https://pictures.example/ok/{n}.jpg",
            "creator": "Grace Lens",
            "creator_url": "https://museum.example/grace",
            "license": ("by", "by-sa", "cc0")[n % 3],
            "license_version": ("2.0", "4.0", "1.0")[n % 3],
            "license_url": "https://creativecommons.org/licenses/by/2.0/",
            "provider": "museum",
            "source": "museum",
            "category": None,
            "width": 1200,
            "height": 800,
            "mature": False,
        }
        for n in numbers
    ]
    answer = {"result_count": 9999, "page_count": pages, "page_size": 20, "page": page, "results": results}
    return json.dumps(answer).encode()


def commons(following: int | None, numbers: Sequence[int]) -> bytes:
    """A reply of `api.php` for a search with imageinfo; pages come in any order and carry their index."""
    pages = [
        {
            "pageid": n,
            "ns": 6,
            "title": f"File:Mask {n}.jpg",
            "index": place + 1,
            "imagerepository": "local",
            "imageinfo": [
                {
                    "timestamp": "2020-05-06T07:08:09Z",
                    "user": "Uploader",
                    "url": f"https://pictures.example/ok/{n}.jpg",
                    "descriptionurl": f"https://commons.wikimedia.org/wiki/File:Mask_{n}.jpg",
                    "extmetadata": {
                        "LicenseShortName": {"value": "CC BY-SA 4.0", "source": "commons-desc-page"},
                        "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                        "Artist": {"value": '<a href="//commons.wikimedia.org/wiki/User:Ada">Ada</a>'},
                        "ObjectName": {"value": f"Mask {n}"},
                    },
                }
            ],
        }
        for place, n in enumerate(numbers)
    ]
    answer: dict[str, object] = {"batchcomplete": True, "query": {"pages": pages[::-1]}}
    if following is not None:
        answer["continue"] = {"gsroffset": following, "continue": "gsroffset||"}
    return json.dumps(answer).encode()
