"""Browsers without a browser: they sign in, open pages with what these need, and poll as the scripts do.

Simulated: one kept connection for each browser instead of six. Scripts do not run, so that what only a script
asks for is left out, but for the polls of `live.js` with their pauses. All that a page names (styles, scripts
with their imports, pictures) is fetched once; after that what is fresh by its `max-age` is not asked for, as
in browsers, and the rest with its ETag.
"""

import http.client
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin, urlsplit

_ASSETS = re.compile(r'(?:href|src)="([^"]*/(?:static|photos)/[^"]+)"')
_IMPORTS = re.compile(r'(?:from|import) "(\./[^"]+)"')
_MAX_AGE = re.compile(r"max-age=(\d+)")
_POLL = re.compile(r'data-poll="(\d+)"')
#: As in live.js: a pause is at least so many times as long as the answer before it took.
_PAUSES_PER_ANSWER = 10
#: Seconds that a browser stays on a page that polls, and on others.
_STAYS, _LOOKS = (8.0, 20.0), (2.0, 6.0)
#: Seconds after which a browser begins, since people do not come all at once.
_BEGINS = (0.0, 5.0)


@dataclass
class Visits:
    """Seconds of each request by kind, and the errors among them."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)

    @classmethod
    def merged(cls, all_visits: Iterable[Self]) -> Self:
        """All of them together."""
        merged = cls()
        for visits in all_visits:
            merged.errors.update(visits.errors)
            for name, times in visits.times.items():
                merged.times[name].extend(times)
        return merged


def read_visits(text: str) -> Visits:
    """What this program prints at the end."""
    found = json.loads(text.splitlines()[-1])
    return Visits(times=found["times"], errors=Counter(found["errors"]))


class Browser:
    """One signed-in browser with a cache."""

    def __init__(self, link: str, jobs: Sequence[str], seed: int) -> None:
        parts = urlsplit(link)
        self._host, self._jobs, self._random = parts.netloc, jobs, random.Random(seed)
        self._cookie = ""
        self._tags: dict[str, str] = {}
        self._imports: dict[str, list[str]] = {}
        #: Until when what was fetched need not be asked for again.
        self._fresh_until: dict[str, float] = {}
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        self.visits = Visits()
        self._sign_in(parts.path)

    def take_visits(self) -> Visits:
        """The visits since the last call."""
        taken, self.visits = self.visits, Visits()
        return taken

    def run(self, until: float) -> None:
        """Open pages until the time is over; begins at a moment of its own."""
        self._wait(self._random.uniform(*_BEGINS), until)
        while time.monotonic() < until:
            name, path = self._random.choice(self._pages())
            page = self._get(name, path, tag=False)
            self._fetch_assets(path, page)
            pause = _POLL.search(page)
            if pause:
                self._poll(path, float(pause[1]) / 1000, until)
            else:
                self._wait(self._random.uniform(*_LOOKS), until)

    def open_all(self) -> None:
        """Open each page once, so that styles, scripts and pictures are in the cache."""
        for _, path in dict.fromkeys(self._pages()):
            self._fetch_assets(path, self._get("first", path, tag=False))
        self.visits = Visits()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def get_page(self, path: str, *, live: bool = False) -> None:
        """Ask for one page."""
        self._get("one", path, live=live, tag=False)

    def _pages(self) -> list[tuple[str, str]]:
        job = self._random.choice(self._jobs)
        return [
            ("page: jobs", "/"),
            ("page: jobs", "/"),
            ("page: job", f"/jobs/{job}"),
            ("page: photos of a job", f"/jobs/{self._jobs[0]}/results"),
            ("page: library", "/library"),
            ("page: new job", "/jobs/new"),
        ]

    def _sign_in(self, path: str) -> None:
        page = self._request("GET", path, {})[1].decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        self._request("POST", path, {"Content-Type": "application/x-www-form-urlencoded"},
                      f"csrf_token={token[1]}")  # fmt: skip

    def _poll(self, path: str, pause: float, until: float) -> None:
        leave = min(until, time.monotonic() + self._random.uniform(*_STAYS))
        taken = 0.0
        while True:
            self._wait(max(pause, taken * _PAUSES_PER_ANSWER), leave)
            if time.monotonic() >= leave:
                return
            began = time.monotonic()
            self._get("poll", path, live=True)
            taken = time.monotonic() - began

    def _fetch_assets(self, path: str, page: str) -> None:
        waiting, seen = [urljoin(path, found) for found in _ASSETS.findall(page)], set()
        while waiting:
            address = waiting.pop()
            if address in seen:
                continue
            seen.add(address)
            if self._fresh_until.get(address, 0) > time.monotonic():
                waiting.extend(self._imports.get(address, []))
                continue
            text = self._get("picture" if "/photos/" in address else "style or script", address)
            if address.endswith(".js"):
                if text:
                    self._imports[address] = [urljoin(address, found) for found in _IMPORTS.findall(text)]
                waiting.extend(self._imports.get(address, []))

    def _get(self, name: str, path: str, *, live: bool = False, tag: bool = True) -> str:
        headers = {"Maskloop-Live": "1"} if live else {}
        key = f"{path} {live}"
        if tag and key in self._tags:
            headers["If-None-Match"] = self._tags[key]
        began = time.monotonic()
        try:
            status, body, answered_tag = self._request("GET", path, headers)
        except (OSError, http.client.HTTPException):
            status, body, answered_tag = 0, b"", None
            self._connection.close()
        self.visits.times[name].append(time.monotonic() - began)
        if status not in (200, 304):
            self.visits.errors[name] += 1
        if answered_tag:
            self._tags[key] = answered_tag
        return body.decode("utf-8", "replace")

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: str | None = None
    ) -> tuple[int, bytes, str | None]:
        if self._cookie:
            headers = headers | {"Cookie": self._cookie}
        try:
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server has closed the kept connection meanwhile: a browser opens another one.
            self._connection.close()
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
        data = answer.read()
        if (age := _MAX_AGE.search(answer.getheader("Cache-Control") or "")) and answer.status in (200, 304):
            self._fresh_until[path] = time.monotonic() + int(age[1])
        if cookie := answer.getheader("Set-Cookie"):
            self._cookie = cookie.partition(";")[0]
        return answer.status, data, answer.getheader("ETag")

    @staticmethod
    def _wait(seconds: float, until: float) -> None:
        time.sleep(max(0.0, min(seconds, until - time.monotonic())))


def main() -> None:
    """The arguments are jobs; links come on the standard input, then an empty line.

    After "ready", each line with a number of seconds begins a time; its visits are printed as JSON.
    """
    links = list(iter(sys.stdin.readline, "\n"))
    browsers = [Browser(link.strip(), sys.argv[1:], seed) for seed, link in enumerate(links)]
    with ThreadPoolExecutor(len(browsers)) as threads:
        list(threads.map(Browser.open_all, browsers))
    print("ready", flush=True)
    for line in sys.stdin:
        until = time.monotonic() + float(line)
        with ThreadPoolExecutor(len(browsers)) as threads:
            list(threads.map(lambda browser, end=until: browser.run(end), browsers))
        visits = Visits.merged(browser.take_visits() for browser in browsers)
        print(json.dumps({"times": visits.times, "errors": visits.errors}), flush=True)


if __name__ == "__main__":
    main()
