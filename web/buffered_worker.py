"""A gunicorn worker whose threads get whole requests: whoever sends slowly, or not at all, holds none.

The main loop collects header and body without blocking, within deadlines. Threads read from a socket only
bodies that are too large to collect, which pages accept from signed-in people alone.
"""

import errno
import re
import selectors
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

#: Time for the header, then for the rest of a body that is collected.
HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
#: A longer header is refused. Larger bodies are read by the thread that needs them.
_MOST_HEADER = 64 * 2**10
_MOST_BODY = 1 << 20
#: Bytes of all requests that are being collected, and their number; beyond, the oldest is dropped.
_MOST_BYTES = 64 * 2**20
_MOST_ARRIVING = 500
#: A thread waits this long for the next bytes of a body, or for a reader that takes none.
_IDLE_SECONDS = 30
#: A body must come at this rate, after a while.
_BYTES_PER_SECOND, _RATE_AFTER_SECONDS = 1024, 30.0
#: How long a closed connection may go on sending, so that it still reads our answer.
_LINGER_SECONDS = 2.0
#: An unread body is left behind soon, by closing the connection.
_DRAIN_SECONDS = 0.1
_CHUNK = 1 << 16
#: Threads of `/health`, which answers also while all others are busy.
HEALTH_THREADS = 2

_HEADER_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_HEALTH = re.compile(rb"(GET|HEAD) [^ ?]*/health[ ?]")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class _Connection(TConn):
    """A connection, and what has arrived of its next request."""

    def __init__(self, worker: "BufferedWorker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.arrived = bytearray()
        self.deadline = 0.0
        #: Length of the whole request; None while its header is incomplete, -1 for one in chunks.
        self.length: int | None = None
        patience = struct.pack("ll", _IDLE_SECONDS, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, patience)

    def hand_over(self) -> None:
        """Give what has arrived to the parser."""
        if not self.initialized:
            self.init()
            self.parser.unreader.sock = _MeteredSocket(self.sock)
        self.parser.unreader.sock.restart()
        self.parser.unreader.unread(bytes(self.arrived))
        self.arrived.clear()
        self.length = None
        self.data_ready = True

    def is_complete(self) -> bool:
        """Whether a thread can take the request: it is whole, or its body is too large to collect."""
        if self.length is None:
            end = self.arrived.find(_HEADER_END)
            if end < 0:
                return False
            self._read_header(bytes(self.arrived[: end + 2]), end + len(_HEADER_END))
        if self.length == -1:
            return self.arrived.endswith(b"0\r\n\r\n") or len(self.arrived) > _MOST_BODY
        return len(self.arrived) >= (self.length or 0)

    def _read_header(self, header: bytes, size: int) -> None:
        self.deadline = time.monotonic() + BODY_SECONDS
        found = _LENGTH.search(header)
        body = int(found[1]) if found else 0
        if _CHUNKED.search(header):
            self.length = -1
        else:
            self.length = size + body if body <= _MOST_BODY else size
        if _EXPECTS.search(header) and self.length != size:
            with suppress(OSError):
                self.sock.send(_CONTINUE)

    def close(self, graceful: bool = False) -> None:
        """Close; `graceful` lets the other side read the answer first, without holding up the main loop."""
        if graceful:
            self.worker.linger(self)
        else:
            super().close()


class _MeteredSocket:
    """The socket of a body that a thread reads: who stalls or drips is taken for gone."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.restart()

    def restart(self) -> None:
        """Count from now."""
        self._began, self._received = time.monotonic(), 0

    def recv(self, size: int) -> bytes:
        try:
            data = self._real.recv(size)
        except BlockingIOError as error:
            raise _gone() from error
        self._received += len(data)
        duration = time.monotonic() - self._began
        if duration > _RATE_AFTER_SECONDS and self._received < duration * _BYTES_PER_SECOND:
            raise _gone()
        return data

    def gettimeout(self) -> float | None:
        return self._real.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        self._real.settimeout(seconds)


class BufferedWorker(ThreadWorker):
    """Collects requests in the main loop; threads work on whole ones."""

    def init_process(self) -> None:
        """Called by gunicorn in the worker's process; returns when it ends."""
        #: In the order in which they came.
        self._arriving: dict[_Connection, None] = {}
        self._bytes = 0
        self._lingering: dict[_Connection, float] = {}
        self._health = ThreadPoolExecutor(HEALTH_THREADS, thread_name_prefix="health")
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._collect(_Connection(self, self.cfg, client, address, listener.getsockname()))

    def enqueue_req(self, conn: _Connection) -> None:
        """A kept connection has its next request, or the beginning of it."""
        if conn.parser is not None:
            conn.arrived += conn.parser.unreader.take_buffered()
        self._collect(conn)

    def murder_pending(self) -> None:
        """Drop what is too late; called once a second or more often."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self._arriving if conn.deadline < now]:
            self._refuse(conn, _LATE)
        for conn in [conn for conn, deadline in self._lingering.items() if deadline < now]:
            self._end_lingering(conn)

    def linger(self, conn: _Connection) -> None:
        """Say that we are done, and close when the other side is, or soon."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_lingering, conn))
        except (OSError, ValueError):
            conn.close()
            return
        self._lingering[conn] = time.monotonic() + _LINGER_SECONDS

    def _collect(self, conn: _Connection) -> None:
        conn.deadline = time.monotonic() + HEADER_SECONDS
        if len(self._arriving) >= _MOST_ARRIVING:
            self._refuse(next(iter(self._arriving)), _LATE)
        if conn.is_complete():
            self._start(conn)
            return
        conn.sock.setblocking(False)
        self._arriving[conn] = None
        self._bytes += len(conn.arrived)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_bytes, conn))

    def _on_bytes(self, conn: _Connection, _client: object) -> None:
        try:
            data = conn.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.arrived += data
        self._bytes += len(data)
        if not data:
            self._forget(conn)
            self._drop(conn)
        elif conn.is_complete():
            self._forget(conn)
            self._start(conn)
        elif conn.length is None and len(conn.arrived) > _MOST_HEADER:
            self._refuse(conn, _LONG)
        elif self._bytes > _MOST_BYTES:
            self._refuse(next(iter(self._arriving)), _LATE)

    def _start(self, conn: _Connection) -> None:
        """Give the whole request to a thread."""
        pool = self._health if _HEALTH.match(conn.arrived) else self.tpool
        conn.hand_over()
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _keepalive_after(self, conn: _Connection, keepalive: bool) -> bool:
        """Whether the connection can be used again; a body that nobody read is not waited for."""
        return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + _DRAIN_SECONDS))

    def _refuse(self, conn: _Connection, answer: bytes) -> None:
        self._forget(conn)
        # A connection that never asked for anything is closed without a word.
        if conn.arrived:
            with suppress(OSError):
                conn.sock.send(answer)
        self._drop(conn)

    def _forget(self, conn: _Connection) -> None:
        self._arriving.pop(conn, None)
        self._bytes -= len(conn.arrived)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: _Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def _on_lingering(self, conn: _Connection, _client: object) -> None:
        with suppress(BlockingIOError):
            try:
                if conn.sock.recv(_CHUNK):
                    return
            except ConnectionError:
                pass
            self._end_lingering(conn)

    def _end_lingering(self, conn: _Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        conn.close()


def _gone() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "The client sends too slowly.")
