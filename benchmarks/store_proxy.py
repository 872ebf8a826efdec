"""A proxy before an S3 service over HTTP that fails on demand, in one of the ways in which stores fail."""

import http.client
import random
import threading
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

_ERROR = b"<Error><Code>InternalError</Code></Error>"
#: A slow answer begins so many seconds late.
_SLOW_SECONDS = (0.5, 3.0)
#: A request without an answer is held for so long at most.
_HELD_SECONDS = 120.0


class StoreFault(StrEnum):
    """How the store answers."""

    NONE = "none"
    ERROR = "answers 500"
    BUSY = "answers 503"
    SLOW = "answers slowly"
    SILENT = "does not answer"
    CUT = "cuts its answers"
    REFUSED = "refuses connections"


class Forwarding(BaseHTTPRequestHandler):
    """Passes requests on to `target`; `answer` says what happens to each."""

    protocol_version = "HTTP/1.1"
    #: Host and port of the store.
    target: ClassVar[str]

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def answer(self, body: bytes) -> None:
        """Answer a request whose body has come."""
        self.pass_on(body)

    def pass_on(self, body: bytes, *, most: int | None = None) -> None:
        """Send what the store answers; only the first `most` bytes of its body, then hang up."""
        connection = http.client.HTTPConnection(self.target)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        self.reply(answer.status, data, dict(answer.getheaders()), most=most)
        connection.close()

    def reply(self, status: int, data: bytes, headers: dict[str, str], *, most: int | None = None) -> None:
        """Send an answer."""
        self.send_response(status)
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), "0")
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if most is None else data[:most])
        if most is not None:
            self.close_connection = True

    def _receive(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _receive


class ForwardingServer(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that was killed takes no answer."""


class StoreProxy:
    """A faulty store at an address; `set` changes how it answers from now on."""

    def __init__(self, endpoint: str, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self.fault = StoreFault.NONE
        #: Requests that were not answered as they should be.
        self.disturbed = 0
        self._changed = threading.Condition()
        outer = self

        class Handler(_Faulty):
            proxy = outer
            target = urlsplit(endpoint).netloc

        self._handler = Handler
        self._server: ForwardingServer | None = None
        self._place = (address, port)
        self._listen()
        self.endpoint = f"http://{self._place[0]}:{self._place[1]}"

    def set(self, fault: StoreFault) -> None:
        """Answer so from now on; requests that are held are let go."""
        with self._changed:
            self.fault = fault
            self._changed.notify_all()
        if fault is StoreFault.REFUSED:
            self._hang_up()
        elif self._server is None:
            self._listen()

    def hold(self) -> None:
        """Wait until the store no longer is silent."""
        with self._changed:
            self._changed.wait_for(lambda: self.fault is not StoreFault.SILENT, _HELD_SECONDS)

    def stop(self) -> None:
        """Hang up for good."""
        self.set(StoreFault.REFUSED)

    def _listen(self) -> None:
        self._server = server = ForwardingServer(self._place, self._handler)
        self._place = (self._place[0], server.server_port)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.socket.close()


class _Faulty(Forwarding):
    proxy: ClassVar[StoreProxy]
    #: A connection that nobody uses ends.
    timeout = 60

    def answer(self, body: bytes) -> None:
        fault = self.proxy.fault
        self.proxy.disturbed += fault is not StoreFault.NONE
        match fault:
            case StoreFault.ERROR:
                self.reply(500, _ERROR, {})
            case StoreFault.BUSY:
                self.reply(503, _ERROR.replace(b"InternalError", b"SlowDown"), {})
            case StoreFault.SLOW:
                threading.Event().wait(random.uniform(*_SLOW_SECONDS))
                self.pass_on(body)
            case StoreFault.SILENT:
                self.proxy.hold()
                self.close_connection = True
            case StoreFault.CUT:
                self.pass_on(body, most=len(body) % 7)
            case StoreFault.REFUSED:
                self.close_connection = True
            case StoreFault.NONE:
                self.pass_on(body)
