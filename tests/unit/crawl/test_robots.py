"""robots.txt as RFC 9309 describes it: rules hold in every size and encoding, and unclear files refuse."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from protego import Protego

from core.crawl import robots
from core.crawl.fetcher import Fetcher
from core.crawl.robots import MAX_BYTES, RobotsMemory, Rules, read_text
from core.errors import InputError, MaskloopError, TransientError
from tests.web_server import LocalWeb, picture

_RULES = "User-agent: *\nDisallow: /private/\n"
_LONG = "# a comment of a large site\n" * (2 * MAX_BYTES // 28)
_PAGE = b"<!doctype html>\n<title>Shop</title>\n<style>\nhost: x\n</style><body>Allow cookies</body>"


def _refused(fetcher: Fetcher, path: str) -> str | None:
    """The code with which a picture is refused; None if it is fetched."""
    try:
        fetcher.get(f"https://rules.example{path}", max_bytes=1 << 20)
    except (InputError, TransientError) as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "content",
    [
        _RULES.encode(),
        _RULES.encode("utf-8-sig"),
        _RULES.encode("utf-16"),
        _RULES.encode("utf-16-le"),
        _RULES.encode("utf-16-be"),
        _RULES.replace("\n", "\r\n").encode(),
        _RULES.encode() + b"# Stra\xdfe\n",
        (_RULES + _LONG).encode(),
        b"Useragent: *\nDissallow: /private/",
    ],
    ids=["utf-8", "bom", "utf-16", "le", "be", "crlf", "latin-1", "long", "misspelt"],
)
def test_rules_hold_in_every_encoding_and_size(web: LocalWeb, fetcher: Fetcher, content: bytes) -> None:
    web.robots["rules.example"] = (200, content, {})
    assert _refused(fetcher, "/private/1.jpg") == "robots_refused"
    assert _refused(fetcher, "/ok/1.jpg") is None


@pytest.mark.parametrize(
    ("status", "content", "headers", "code"),
    [
        (200, _RULES.encode(), {"X-Robots-Tag": "noai, noindex"}, "robots_refused"),
        (302, b"", {"Location": "https://pictures.example/robots.txt"}, "robots_refused"),
        (302, b"", {"Location": "https://site.example/robots.txt"}, None),
        (302, b"", {"Location": "https://pictures.example/html/1"}, "robots_unclear"),
        (302, b"", {"Location": "https://pictures.example/loop/1"}, "robots_unclear"),
        (302, b"", {"Location": "ftp://pictures.example/robots.txt"}, "robots_unclear"),
        (302, b"", {"Location": "http://169.254.169.254/robots.txt"}, "address_refused"),
        (302, b"", {}, "robots_unclear"),
        (404, b"", {}, None),
        (401, b"", {}, None),
        (429, b"", {}, "robots_unreachable"),
        (500, b"", {}, "robots_unreachable"),
        (204, b"", {}, "robots_unclear"),
        (200, b"", {}, None),
        (200, b"\n# nothing to say\n\n", {}, None),
        (200, _PAGE, {}, "robots_unclear"),
        (200, b"welcome to our shop\n", {}, "robots_unclear"),
        (200, b"x" * (MAX_BYTES + 10), {}, "robots_unclear"),
        (200, picture(1), {}, "robots_unclear"),
        (200, bytes(range(256)) * 8, {}, "robots_unclear"),
    ],
)  # fmt: skip
def test_answers(
    web: LocalWeb, fetcher: Fetcher, status: int, content: bytes, headers: Mapping[str, str], code: str | None
) -> None:
    """A redirect leads to rules that hold for the first host; 4xx means none; what is unclear refuses."""
    web.robots["rules.example"] = (status, content, dict(headers))
    assert _refused(fetcher, "/private/1.jpg") == code


def test_five_redirects_are_followed(web: LocalWeb, fetcher: Fetcher) -> None:
    hosts = ["rules.example", *(f"rules{n}.example" for n in range(1, 6))]
    for host, following in pairwise(hosts):
        web.robots[host] = (301, b"", {"Location": f"https://{following}/robots.txt"})
    web.robots[hosts[-1]] = (200, _RULES.encode(), {})
    assert _refused(fetcher, "/private/1.jpg") == "robots_refused"


def test_the_rule_that_the_limit_cuts_is_left_out() -> None:
    rules = f"User-agent: *\nDisallow: /private/{' ' * MAX_BYTES}\nAllow: /private/open\n".encode()
    line = "Allow: /private/"
    cut = "User-agent: *\nDisallow: /private/\n".ljust(MAX_BYTES - len(line) - 1) + "\n" + line
    parsed = Protego.parse(read_text((cut + "open\n").encode()[:MAX_BYTES]))
    assert not parsed.can_fetch("https://a.example/private/1", "Maskloop")
    with pytest.raises(MaskloopError):
        read_text(rules[20 : MAX_BYTES + 20])


def test_the_memory_is_bounded_and_keeps_what_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_MOST_ORIGINS", 10)
    memory = RobotsMemory()
    with memory.lock("https://slow.example"):
        for number in range(1000):
            origin = f"https://{number}.example"
            with memory.lock(origin):
                memory.rules[origin] = Rules(parsed=None, error=None, expires_at=float(number))
        assert len(memory.rules) <= 10
        # The newest are remembered, and the one in work has its one lock.
        assert "https://999.example" in memory.rules
        assert memory.lock("https://slow.example").locked()
