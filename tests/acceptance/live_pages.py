"""The web server in a thread, and a browser that reports what it dislikes."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from benchmarks.servers import make_tables
from core.accounts import ensure_owner, new_sign_in_link
from core.database import Database, read_clock
from core.settings import Settings
from models import ClassifierVersion
from web.factory import attach, create_app

#: Apps without a site: making one takes longer than many a test.
_IDLE_APPS: list[Flask] = []
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running web server with its database."""

    address: str
    database: Database
    photos: Path
    data: Path

    def new_link(self) -> str:
        """An address that signs one browser in."""
        with self.database.write() as rows:
            return f"{self.address}/sign-in/{new_sign_in_link(rows)}"


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Serve a scratch database on a free port."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    settings = Settings(data=folder / "data", allowed_roots=str(photos), broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    (settings.data / "maskloop.sqlite").write_bytes(_tables())
    app = _IDLE_APPS.pop() if _IDLE_APPS else create_app(settings)
    attach(app, settings)
    database: Database = app.extensions["maskloop"].database
    with database.write() as rows:
        ensure_owner(rows)
        rows.add(
            ClassifierVersion(
                name="test", sha256="c" * 64, champion=True, card={}, created_at=read_clock(rows)
            )
        )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        yield Site(address=address, database=database, photos=photos, data=settings.data)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        database.dispose()
        _IDLE_APPS.append(app)


@cache
def _tables() -> bytes:
    """A database file with all tables."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tables.sqlite"
        make_tables(f"sqlite:///{path}")
        return path.read_bytes()


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A signed-in browser page; `complaints` holds console errors, policy violations and script errors."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str) -> None:
        """Open a page of the site and wait until it is quiet."""
        self.page.goto(self.site.address + path)
        self.page.wait_for_load_state("networkidle")

    def overflow(self) -> int:
        """CSS pixels by which the page is wider than the screen."""
        width = self.page.viewport_size["width"]
        return self.page.evaluate("document.documentElement.scrollWidth") - width


def press(page: Page, *keys: str) -> None:
    """Press keys one after another, each once the page it goes to has run its scripts.

    A page that has just been led to shows its words before it listens: a key then would be lost.
    """
    for key in keys:
        page.wait_for_load_state()
        page.keyboard.press(key)


def settle(page: Page) -> None:
    """Wait until the page has drawn what it does in answer to the last event."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _sign_in(context: BrowserContext, site: Site) -> None:
    link = site.new_link()
    token = re.search(r'name="csrf-token" content="([^"]+)"', context.request.get(link).text())
    assert token is not None
    answer = context.request.post(link, form={"csrf_token": token[1]}, max_redirects=0)
    assert answer.status == 302


@contextmanager
def visiting(browser: Browser, site: Site, **options: object) -> Iterator[Visitor]:
    """A new browser profile, signed in by a link that it asks for without drawing a page."""
    context: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
    page = context.new_page()
    visitor = Visitor(page=page, site=site)
    page.on("console", lambda said: said.type == "error" and visitor.complaints.append(said.text))
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    _sign_in(context, site)
    yield visitor
    context.close()
