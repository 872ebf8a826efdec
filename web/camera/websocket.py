"""The browser's end of a camera's WebSocket, over the socket that the web server gives away."""

import selectors
import socket
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

#: A longer message closes the connection before it is read; a frame may have a quarter of this.
_LARGEST_MESSAGE = 1 << 20
_CHUNK = 1 << 16
#: A browser that reads nothing for this long is gone.
_SEND_SECONDS = 10.0


class BrowserSocket:
    """Messages from the browser and to it; OSError once the connection has ended."""

    def __init__(self, browser: socket.socket, opening: bytes) -> None:
        """`opening` is the browser's request, which is answered."""
        self._socket = browser
        browser.settimeout(_SEND_SECONDS)
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(browser, selectors.EVENT_READ)
        self._protocol = ServerProtocol(max_size=_LARGEST_MESSAGE)
        self._begun: list[Frame] = []
        self._protocol.receive_data(opening)
        (request,) = self._protocol.events_received()
        self._protocol.send_response(self._protocol.accept(request))  # type: ignore[arg-type]
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.close()

    def receive(self, seconds: float) -> list[str | bytes] | None:
        """The messages that came, none where only a part of one did; None if nothing came in time."""
        if not self._waiting.select(max(seconds, 0.0)):
            return None
        data = self._socket.recv(_CHUNK)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        self._flush()
        if not data or self._protocol.state is not State.OPEN:
            raise ConnectionError("the browser has closed the connection")
        return [message for frame in frames if (message := self._join(frame)) is not None]

    def send(self, text: str) -> None:
        """Send a message; a browser that does not read it in time is gone."""
        self._protocol.send_text(text.encode())
        self._flush()

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._protocol.send_ping(b"")
        self._flush()

    def close(self, code: int) -> None:
        """Say why no more will come."""
        try:
            self._protocol.send_close(code)
        except ConnectionClosed:
            return
        self._flush()

    def _join(self, frame: Frame) -> str | bytes | None:
        """The message that a frame completes."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None
        self._begun.append(frame)
        if not frame.fin:
            return None
        whole, first = b"".join(bytes(part.data) for part in self._begun), self._begun[0].opcode
        self._begun = []
        return whole if first is Opcode.BINARY else whole.decode(errors="replace")

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)
