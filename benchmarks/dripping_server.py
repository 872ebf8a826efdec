"""A server that is slow on purpose: it sends one byte at a time, and notes when clients hang up."""

import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

#: Between two bytes.
_PAUSE_SECONDS = 0.05
#: After this a connection ends by default, so that a client without limits fails its test, not hangs.
_MOST_SECONDS = 30.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"


class DrippingServer:
    """Context manager; the first part of the path says what drips.

    `/headers` never ends its headers, `/body` never its body, `/robots.txt` drips as headers or body do, or
    is missing (404); every other path redirects to `/headers`.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", robots: str = "missing", most_seconds: float = _MOST_SECONDS
    ) -> None:
        self._robots, self._most_seconds, self._ended = robots, most_seconds, threading.Event()
        self._listening = socket.create_server((host, 0))
        self._host = host
        self.port: int = self._listening.getsockname()[1]
        #: Requests by path, and connections that the client closed.
        self.requests: Counter[str] = Counter()
        self.open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The address of its root, without a slash at the end."""
        return f"http://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with self._lock:
                    self.open.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                path = self._read_path(connection)
                self.requests[path] += 1
                self._answer(connection, path)
        finally:
            with self._lock:
                self.open.discard(connection)
            connection.close()

    def _read_path(self, connection: socket.socket) -> str:
        """The path of the request; empty where what comes is no HTTP, such as the start of TLS."""
        data = b""
        while b"\r\n\r\n" not in data:
            received = connection.recv(4096)
            if not received:
                raise OSError("the client hung up")
            data += received
        return data.split()[1].decode()

    def _answer(self, connection: socket.socket, path: str) -> None:
        way = self._robots if path == "/robots.txt" else path.split("/")[1]
        if way == "missing":
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        elif way == "body":
            connection.sendall(_HEAD)
            self._drip(connection, b"\xff")
        elif way == "headers":
            connection.sendall(_HEAD[:-2])
            self._drip(connection, b"X")
        else:
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /headers/1\r\nContent-Length: 0\r\n\r\n")

    def _drip(self, connection: socket.socket, byte: bytes) -> None:
        until = time.monotonic() + self._most_seconds
        while not self._ended.wait(_PAUSE_SECONDS) and time.monotonic() < until:
            connection.sendall(byte)
