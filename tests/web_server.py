"""Local web servers: result pages in the formats of the sources, and every way in which servers misbehave."""

import random
import re
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Self
from urllib.parse import parse_qs, urlsplit

import trustme
from PIL import Image
from urllib3 import PoolManager

from core.crawl.guard import Guard, open_pools
from tests import web_pages

HOSTS = (
    "www.bing.com", "image.baidu.com", "api.flickr.com", "www.google.com", "api.openverse.org",
    "commons.wikimedia.org", "pictures.example", "site.example", "closed.example", "broken.example",
    "rules.example", *(f"rules{number}.example" for number in range(1, 6)),
)  # fmt: skip
#: Content-Length headers; N is the right number. The first ones repeat it, the others are no plain number.
LENGTHS = (
    ("N", "N"), ("N, N",), ("N", "5"), ("5", "N"), ("N, abc",), ("", "N"), ("abc",), ("-5",), ("+N",),
    ("1_000",), ("N.0",), ("0xff",), ("9" * 5000,), ("N N",), ("\xb2",),
)  # fmt: skip
REPEATED_LENGTHS = 2
#: Hits that each searched source has.
HITS = 330
#: Pause between two bytes of a server that drips.
_DRIP_SECONDS = 0.05


@dataclass
class LocalWeb:
    """Servers for http and https on free ports; every host name leads to them."""

    plain: ThreadingHTTPServer
    secure: ThreadingHTTPServer
    ca: trustme.CA
    #: Complete replies by address, and started replies by address.
    answered: Counter[str] = field(default_factory=Counter)
    begun: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    #: Current requests by host, and their maximum.
    busy: Counter[str] = field(default_factory=Counter)
    busiest: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: Delay of replies to `/ok/`, in seconds.
    delay: float = 0.0
    #: Every n-th picture below `/ok/` is missing; 0: none.
    gone_every: int = 0
    #: The Retry-After header of `/busy/`.
    retry_after: str = "1"
    #: Status, content and headers of a robots.txt, by host, in place of the ones below.
    robots: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)

    @classmethod
    def start(cls) -> Self:
        """Start both servers."""
        ca = trustme.CA()
        plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), _Handler) for _ in range(2))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*HOSTS).configure_cert(context)
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        web = cls(plain, secure, ca)
        for server in (plain, secure):
            server.web = web  # type: ignore[attr-defined]
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return web

    def stop(self) -> None:
        """Stop both servers."""
        for server in (self.plain, self.secure):
            server.shutdown()
            server.server_close()

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        """Resolve every name to these servers."""
        return [("127.0.0.1", (self.secure if port == 443 else self.plain).server_port)]

    def pools(self) -> PoolManager:
        """Connection pools to these servers, through the product's own guard."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return open_pools(Guard(allowed_hosts=frozenset(HOSTS), resolver=self.resolve), context=context)

    @property
    def address(self) -> str:
        """The address of the http server, for clients that resolve names themselves."""
        return f"http://127.0.0.1:{self.plain.server_port}"


@cache
def picture(number: int, *, size: tuple[int, int] = (640, 480), form: str = "JPEG") -> bytes:
    """The bytes of a picture; each number has its own."""
    small = (size[0] // 8, size[1] // 8)
    noise = random.Random(number).randbytes(3 * small[0] * small[1])
    out = BytesIO()
    Image.frombytes("RGB", small, noise).resize(size).save(out, form, quality=60)
    return out.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    @property
    def web(self) -> LocalWeb:
        return self.server.web  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        host = self.headers["Host"]
        address = f"{host}{self.path}"
        with self.web.lock:
            self.web.begun[address] += 1
            self.web.agents.add(self.headers.get("User-Agent", ""))
            self.web.busy[host] += 1
            self.web.busiest[host] = max(self.web.busiest[host], self.web.busy[host])
        try:
            if self._answer(host, self.path):
                with self.web.lock:
                    self.web.answered[address] += 1
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            with self.web.lock:
                self.web.busy[host] -= 1

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self, host: str, path: str) -> bool:
        asked = {key: values[-1] for key, values in parse_qs(urlsplit(path).query).items()}
        if path == "/robots.txt":
            return self._robots(host)
        if host == "www.bing.com":
            first = int(asked["first"])
            return self._send(web_pages.bing(first, _numbers(first, 35)), "text/html; charset=utf-8")
        if host == "image.baidu.com":
            first = int(asked["pn"])
            if asked["word"] == "forbidden":
                return self._send(web_pages.baidu_refusal(), "application/json")
            return self._send(web_pages.baidu(first, _numbers(first, 30)), "application/json")
        if host == "www.google.com":
            return self._send(web_pages.google(_numbers(int(asked["start"]), 100)), "text/html")
        if host == "api.flickr.com":
            page = int(asked["page"])
            return self._send(web_pages.flickr(page, 4, _numbers(100 * page - 100, 100)), "application/json")
        if host == "api.openverse.org":
            page = int(asked["page"])
            return self._send(web_pages.openverse(page, 17, _numbers(20 * page - 20, 20)), "application/json")
        if host == "commons.wikimedia.org":
            first = int(asked["gsroffset"])
            following = first + 50 if first + 50 < HITS else None
            return self._send(web_pages.commons(following, _numbers(first, 50)), "application/json")
        return self._file(host, path)

    def _robots(self, host: str) -> bool:
        if host in self.web.robots:
            status, content, headers = self.web.robots[host]
            return self._send(content, "text/plain", status=status, extra=headers)
        if host == "broken.example":
            return self._send(b"oops", "text/plain", status=500)
        if host == "site.example":
            return self._send(b"", "text/plain", status=404)
        refused = "/" if host == "closed.example" else "/private/"
        return self._send(f"User-agent: *\nDisallow: {refused}\n".encode(), "text/plain")

    def _file(self, host: str, path: str) -> bool:
        if path.startswith("/site/"):
            return self._site(path)
        found = re.match(r"/(\w+)/(\d+)", path)
        if found is None:
            return self._send(b"nothing here", "text/plain", status=404)
        return getattr(self, f"_{found[1]}", self._gone)(int(found[2]))

    def _ok(self, number: int) -> bool:
        time.sleep(self.web.delay)
        if self.web.gone_every and number % self.web.gone_every == 0:
            return self._gone(number)
        form = "PNG" if ".png" in self.path else "WEBP" if ".webp" in self.path else "JPEG"
        return self._send(picture(number, form=form), "image/jpeg")

    _private = _ok

    def _same(self, number: int) -> bool:
        return self._send(picture(7777), "image/jpeg")

    def _small(self, number: int) -> bool:
        return self._send(picture(number, size=(64, 48)), "image/jpeg")

    def _html(self, number: int) -> bool:
        return self._send(b"<!doctype html><title>No hotlinks</title>" * 20, "image/jpeg")

    def _gone(self, number: int) -> bool:
        return self._send(b"gone", "text/plain", status=404)

    def _broken(self, number: int) -> bool:
        return self._send(b"sorry", "text/plain", status=500)

    def _cut(self, number: int) -> bool:
        """A complete reply with half of a picture."""
        data = picture(number)
        return self._send(data[: len(data) // 2], "image/jpeg")

    def _short(self, number: int) -> bool:
        """Fewer bytes than Content-Length says."""
        data = picture(number)
        self._head(200, "image/jpeg", len(data))
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True
        return False

    def _lengths(self, number: int) -> bool:
        """The Content-Length headers of `LENGTHS[number]`, in which N is the right one."""
        data = picture(number)
        self.send_response(200)
        for line in LENGTHS[number]:
            self.send_header("Content-Length", line.replace("N", str(len(data))))
        self.close_connection = True
        self.end_headers()
        self.wfile.write(data)
        return True

    def _endless(self, number: int) -> bool:
        self._head(200, "image/jpeg", None)
        while True:
            self.wfile.write(b"\xff" * 65536)

    def _slow(self, number: int) -> bool:
        data = picture(number)
        self._head(200, "image/jpeg", len(data))
        for byte in data:
            self.wfile.write(bytes((byte,)))
            time.sleep(_DRIP_SECONDS)
        return True

    def _redirect(self, number: int) -> bool:
        return self._send(b"", "text/plain", status=302, extra={"Location": f"/ok/{number}.jpg"})

    def _loop(self, number: int) -> bool:
        return self._send(b"", "text/plain", status=302, extra={"Location": f"/loop/{number + 1}"})

    def _inside(self, number: int) -> bool:
        """A redirect to the metadata service of a cloud."""
        return self._send(b"", "text/plain", status=302, extra={"Location": "http://169.254.169.254/latest"})

    def _noai(self, number: int) -> bool:
        return self._send(picture(number), "image/jpeg", extra={"X-Robots-Tag": "noindex, noai"})

    def _busy(self, number: int) -> bool:
        """429 the first time."""
        if self.web.begun[f"{self.headers['Host']}{self.path}"] == 1:
            return self._send(b"", "text/plain", status=429, extra={"Retry-After": self.web.retry_after})
        return self._ok(number)

    def _site(self, path: str) -> bool:
        """Forty pages of three pictures, each linked from the two before."""
        number = int(re.sub(r"\D", "", path) or 0)
        pictures = "".join(
            f'<figure><img src="../ok/{3 * number + i}.jpg" srcset="../ok/{3 * number + i}.jpg 320w, '
            f'../ok/{3 * number + i + 1000}.jpg 1280w"><figcaption>Stall {i}</figcaption></figure>'
            for i in range(3)
        )
        links = "".join(f'<a href="page{n}.html">{n}</a>' for n in (number + 1, number + 2) if n < 40)
        page = (
            f"<!doctype html><html><head><title>Market {number}</title>"
            '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
            '<meta name="author" content="Ada Crowd"></head><body>'
            f'{pictures}{links}<a href="https://elsewhere.example/?from=site.example">away</a></body></html>'
        )
        return self._send(page.encode(), "text/html")

    def _send(
        self, data: bytes, kind: str, *, status: int = 200, extra: dict[str, str] | None = None
    ) -> bool:
        self._head(status, kind, len(data), extra)
        self.wfile.write(data)
        return True

    def _head(self, status: int, kind: str, length: int | None, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is None:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()


def _numbers(first: int, count: int) -> range:
    return range(first, min(first + count, HITS))
