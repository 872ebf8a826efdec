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


class Seats:
    """One a camera; every camera holds a thread of the web server."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Cameras that are open now."""
        return self._taken

    def check(self) -> None:
        """Raise TransientError too_many_cameras when none is free."""
        if self._taken >= self.most:
            raise TransientError(
                "too_many_cameras", f"{self.most} cameras are open already; try again when one has left."
            )

    def take(self) -> None:
        """Take one; TransientError too_many_cameras."""
        with self._lock:
            self.check()
            self._taken += 1

    def leave(self) -> None:
        """Give one back."""
        with self._lock:
            self._taken -= 1


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_CHUNK = 1 << 16
#: A browser that takes nothing for so long has gone.
_SEND_SECONDS = 10.0
#: How often to ask whether the account may still look.
_ASK_SECONDS = 10.0


class RelayResponse(Response):
    """Takes the request's connection over from the web server and keeps it until one side ends it."""

    def __init__(
        self,
        live: socket.socket,
        opening: bytes,
        *,
        may_go_on: Callable[[], bool],
        on_end: Callable[[], None],
    ) -> None:
        """`opening` is the handshake that the live process answers; `may_go_on` is asked now and then."""
        super().__init__(status=101)
        self._live, self._opening = live, opening
        self._may_go_on, self._on_end = may_go_on, on_end

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Relay; StopIteration tells gunicorn that the connection is used up and gets no other answer."""
        try:
            with self._live, suppress(OSError):
                self._live.sendall(self._opening)
                _relay(environ["gunicorn.socket"], self._live, self._may_go_on)
        finally:
            self._on_end()
        raise StopIteration


def handshake(request: Request) -> bytes:
    """The browser's request for a WebSocket, cut down to what the handshake is made of."""
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
        asked_at = time.monotonic()
        while True:
            if time.monotonic() - asked_at > _ASK_SECONDS:
                if not may_go_on():
                    return
                asked_at = time.monotonic()
            for key, _ in waiting.select(_ASK_SECONDS):
                data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)
