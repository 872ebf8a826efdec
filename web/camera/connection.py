"""The connection of a camera: its seat among those of all web processes, and the thread that it holds."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Request, Response, current_app

from core.errors import TransientError
from core.live.asking import Asker
from core.live.seats import Seat, Seats
from web.camera.conversation import Conversation
from web.camera.websocket import BrowserSocket
from web.extension import settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Name of the seats of cameras.
CAMERAS = "cameras"
#: The reason of a closed WebSocket whose account was signed out.
_GOING_AWAY = 1001


def seats() -> Seats:
    """The seats of the service."""
    found: Seats = current_app.extensions["seats"]
    return found


def take_seat() -> Seat:
    """A seat for a camera. Raises TransientError too_many_cameras, broker_unreachable."""
    seat = seats().take(CAMERAS, most=settings().live_cameras)
    if seat is None:
        raise _too_many()
    return seat


def check_seats() -> int:
    """Number of open cameras. Raises TransientError too_many_cameras, broker_unreachable."""
    taken = seats().count(CAMERAS)
    if taken >= settings().live_cameras:
        raise _too_many()
    return taken


def _too_many() -> TransientError:
    return TransientError(
        "too_many_cameras",
        f"{settings().live_cameras} cameras are open already. Try again when one is closed.",
    )


class CameraResponse(Response):
    """Takes over the request's connection from the web server until one side closes it."""

    def __init__(self, opening: bytes, asker: Asker, seat: Seat, *, may_go_on: Callable[[], bool]) -> None:
        """`opening` is the browser's handshake; `may_go_on` is called regularly."""
        super().__init__(status=101)
        self._opening, self._asker, self._seat, self._may_go_on = opening, asker, seat, may_go_on

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the camera; StopIteration tells gunicorn to send no response of its own."""
        with self._seat, self._asker, suppress(OSError):
            self._serve(environ["gunicorn.socket"])
        raise StopIteration

    def _serve(self, connection: socket.socket) -> None:
        with BrowserSocket(connection, self._opening) as browser:
            Conversation(browser, self._asker, self._seat, may_go_on=self._may_go_on).run()
            browser.close(_GOING_AWAY)


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
