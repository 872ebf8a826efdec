"""A receiver of webhooks on a free port: keeps what it gets and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier

from core.database import Database
from core.settings import Settings
from core.webhooks.store import EVENTS, add_webhook
from models import Webhook


@dataclass(frozen=True, kw_only=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event_id(self) -> str:
        """The id of the event."""
        return self.headers["webhook-id"]

    def verify(self, secret: str) -> Any:
        """The body as JSON; raises standardwebhooks.WebhookVerificationError."""
        return Verifier(secret).verify(self.body, self.headers)


#: Status, headers and body of the answer to the n-th request, n from 1.
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    """What was received, in order."""

    port: int
    answer: Callable[[int], Answer] = lambda _number: (204, {}, b"")
    #: Requests whose path begins so wait until `release` is set.
    held: str = "/held"
    release: threading.Event = field(default_factory=threading.Event)
    got: list[Got] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.receiver = receiver = Receiver(server.server_port)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = 30

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with receiver.lock:
            receiver.got.append(Got(path=self.path, headers=headers, body=body))
            number = len(receiver.got)
        if self.path.startswith("/dripping"):
            self._drip()
            return
        if self.path.startswith(receiver.held):
            receiver.release.wait(30)
        status, more, content = receiver.answer(number)
        try:
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            # The sender has given up.
            return

    def _drip(self) -> None:
        """One byte of the headers after the other, for ever."""
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not receiver.release.is_set():
                self.wfile.write(b"a")
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def open_settings(settings: Settings, **more: object) -> Settings:
    """Settings under which local receivers are allowed."""
    return settings.with_changes(webhook_allowed_hosts="127.0.0.1,localhost", webhook_seconds=1.0, **more)


def add_hook(db: Database, settings: Settings, url: str, **more: Any) -> Webhook:
    """A webhook that asks for every event."""
    given = {"name": "shop", "events": EVENTS, "account_id": None} | more
    with db.write() as session:
        return add_webhook(session, open_settings(settings), url=url, **given)
