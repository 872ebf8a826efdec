"""The connection of a camera: how many may be open, and the relay to the live process."""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Request, Response

from core.errors import TransientError


class CameraSlots:
    """Limits open cameras, since each holds a thread of the web server."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Number of open cameras."""
        return self._taken

    def check(self) -> None:
        """Raise TransientError too_many_cameras if no slot is free."""
        if self._taken >= self.most:
            raise TransientError(
                "too_many_cameras",
                f"{self.most} cameras are open already. Try again when one is closed.",
            )

    def take(self) -> None:
        """Take a slot; TransientError too_many_cameras."""
        with self._lock:
            self.check()
            self._taken += 1

    def release(self) -> None:
        """Free a slot."""
        with self._lock:
            self._taken -= 1


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_CHUNK = 1 << 16
#: A browser that reads nothing for this long is gone.
_SEND_SECONDS = 10.0
#: How often to check that the account is still signed in.
_CHECK_SECONDS = 10.0


class RelayResponse(Response):
    """Takes over the request's connection from the web server until one side closes it."""

    def __init__(
        self,
        live: socket.socket,
        opening: bytes,
        *,
        may_go_on: Callable[[], bool],
        on_end: Callable[[], None],
    ) -> None:
        """`opening` is the handshake for the live process; `may_go_on` is called regularly."""
        super().__init__(status=101)
        self._live, self._opening = live, opening
        self._may_go_on, self._on_end = may_go_on, on_end

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Relay; StopIteration tells gunicorn to send no response of its own."""
        try:
            with self._live, suppress(OSError):
                self._live.sendall(self._opening)
                _relay(environ["gunicorn.socket"], self._live, self._may_go_on)
        finally:
            self._on_end()
        raise StopIteration


def handshake(request: Request) -> bytes:
    """The browser's WebSocket request, reduced to the headers of the handshake."""
    headers = {
        "Host": "live",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": request.headers.get("Sec-WebSocket-Version", ""),
        "Sec-WebSocket-Key": request.headers.get("Sec-WebSocket-Key", ""),
    }
    lines = ["GET / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _relay(browser: socket.socket, live: socket.socket, may_go_on: Callable[[], bool]) -> None:
    for end in (browser, live):
        end.settimeout(_SEND_SECONDS)
    with selectors.DefaultSelector() as waiting:
        waiting.register(browser, selectors.EVENT_READ, live)
        waiting.register(live, selectors.EVENT_READ, browser)
        checked_at = time.monotonic()
        while True:
            if time.monotonic() - checked_at > _CHECK_SECONDS:
                if not may_go_on():
                    return
                checked_at = time.monotonic()
            for key, _ in waiting.select(_CHECK_SECONDS):
                data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)
