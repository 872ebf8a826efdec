"""A gunicorn worker whose threads get whole requests: whoever sends slowly, or not at all, holds none.

The main loop collects header and body without blocking, within deadlines. Threads read from a socket only
bodies that are too large to collect, which pages accept from signed-in people alone.
"""

import errno
import fcntl
import selectors
import socket
import struct
import sys
import termios
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from web.arriving import BUSY, CONTINUE, LATE, MOST_BODY, Arriving

#: Time for the header, then for the rest of a body that is collected.
HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
#: Bytes of all requests that are being collected or wait for a thread, and the number of those that are
#: being collected; beyond, the oldest is dropped.
_MOST_BYTES = 64 * 2**20
_MOST_ARRIVING = 500
#: A thread waits this long for the next bytes of a body, or for a reader that takes none.
_IDLE_SECONDS = 30
#: Each KiB that a connection takes or gives earns a second of waiting, up to `_IDLE_SECONDS`.
_BYTES_PER_SECOND = 1024
#: The system keeps so many bytes of an answer for a slow reader, so that no thread waits for it; and a
#: request is not answered before the reader has taken all but so many of the answers before it.
_SEND_BUFFER, _MOST_UNREAD = 256 * 2**10, 64 * 2**10
#: How long a closed connection may go on sending, so that it still reads our answer; and how many may.
_LINGER_SECONDS = 2.0
_MOST_LINGERING = 200
#: An unread body is left behind soon, by closing the connection.
_DRAIN_SECONDS = 0.1
_CHUNK = 1 << 16
#: Threads of `/health` and the other pages of monitors, which answer also while all others are busy.
HEALTH_THREADS = 2
#: No file or memory is left for one more connection.
_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class _Connection(TConn):
    """A connection, and what has arrived of its next request."""

    def __init__(self, worker: "BufferedWorker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.arriving = Arriving()
        self.deadline = 0.0
        self.metered = _MeteredSocket(self.sock)
        patience = struct.pack("ll", _IDLE_SECONDS, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, patience)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def unread_bytes(self) -> int:
        """Bytes that were sent and that the other side has not taken."""
        return int.from_bytes(fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def hand_over(self) -> int:
        """Give what has arrived to the parser; its number of bytes."""
        if not self.initialized:
            self.init()
            self.parser.unreader.sock = self.metered
        data = self.arriving.take()
        self.parser.unreader.unread(data)
        self.data_ready = True
        return len(data)

    def close(self, graceful: bool = False) -> None:
        """Close; `graceful` lets the other side read the answer first, without holding up the main loop."""
        if graceful:
            self.worker.linger(self)
        else:
            super().close()


class _MeteredSocket:
    """The socket as a thread has it: who stalls or drips, in sending or reading, is taken for gone."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self._patience = float(_IDLE_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def recv(self, size: int) -> bytes:
        began = time.monotonic()
        try:
            data = self._real.recv(size)
        except BlockingIOError as error:
            raise _gone() from error
        self._count(len(data), began)
        return data

    def send(self, data: bytes | memoryview) -> int:
        began = time.monotonic()
        try:
            sent = self._real.send(data)
        except BlockingIOError as error:
            raise _gone() from error
        self._count(sent, began)
        return sent

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest[:_CHUNK]) :]

    def _count(self, size: int, began: float) -> None:
        earned = min(self._patience + size / _BYTES_PER_SECOND, _IDLE_SECONDS)
        self._patience = earned - (time.monotonic() - began)
        if self._patience < 0:
            raise _gone()


class _Served:
    """What answering a request sees of its connection."""

    def __init__(self, conn: _Connection) -> None:
        self.sock, self.client, self.server = conn.metered, conn.client, conn.server


class BufferedWorker(ThreadWorker):
    """Collects requests in the main loop; threads work on whole ones."""

    def init_process(self) -> None:
        """Called by gunicorn in the worker's process; returns when it ends."""
        #: In the order in which they came.
        self._arriving: dict[_Connection, None] = {}
        self._bytes = 0
        self._unread: dict[_Connection, float] = {}
        self._lingering: dict[_Connection, float] = {}
        self._health = ThreadPoolExecutor(HEALTH_THREADS, thread_name_prefix="health")
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request; in place of an idle one where there are too many."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _FULL:
                self._free_files()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._collect(_Connection(self, self.cfg, client, address, listener.getsockname()))
        # At its limit, gunicorn would accept no more until one of them leaves.
        if self.nr_conns >= self.worker_connections:
            self._end_idle()

    def enqueue_req(self, conn: _Connection) -> None:
        """A kept connection has its next request, or the beginning of it."""
        if conn.parser is not None:
            conn.arriving.add(conn.parser.unreader.take_buffered())
        self._collect(conn)

    def handle_request(self, req: Any, conn: _Connection) -> bool:
        """Answer; the meter is between the answer and the socket."""
        return bool(super().handle_request(req, _Served(conn)))

    def murder_pending(self) -> None:
        """Drop what is too late; called once a second or more often."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self._arriving if conn.deadline < now]:
            self._refuse(conn, LATE)
        for conn in [conn for conn, deadline in self._lingering.items() if deadline < now]:
            self._end_lingering(conn)
        self._look_at_readers(now)
        if not self.alive:
            # At the end nobody waits for a request that has not begun.
            for conn in [conn for conn in self._arriving if not conn.arriving.data]:
                self._refuse(conn, LATE)

    def linger(self, conn: _Connection) -> None:
        """Say that we are done, and close when the other side is, or soon."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_lingering, conn))
        except (OSError, ValueError, KeyError):
            conn.close()
            return
        if len(self._lingering) >= _MOST_LINGERING:
            self._end_lingering(next(iter(self._lingering)))
        self._lingering[conn] = time.monotonic() + _LINGER_SECONDS

    def _collect(self, conn: _Connection) -> None:
        seconds = BODY_SECONDS if conn.arriving.has_header else HEADER_SECONDS
        conn.deadline = time.monotonic() + seconds
        if len(self._arriving) >= _MOST_ARRIVING:
            self._refuse(next(iter(self._arriving)), LATE)
        conn.sock.setblocking(False)
        self._arriving[conn] = None
        self._bytes += len(conn.arriving.data)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_bytes, conn))
        if conn.arriving.data:
            self._judge(conn)

    def _on_bytes(self, conn: _Connection, _client: object) -> None:
        # An earlier event of the same round may have ended it.
        if conn not in self._arriving:
            return
        try:
            data = conn.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(conn)
            self._drop(conn)
            return
        had_header = conn.arriving.has_header
        conn.arriving.add(data)
        self._bytes += len(data)
        if conn.arriving.has_header and not had_header:
            conn.deadline = time.monotonic() + BODY_SECONDS
        if self._bytes > _MOST_BYTES:
            self._refuse(next(iter(self._arriving)), BUSY)
        if conn in self._arriving:
            self._judge(conn)

    def _judge(self, conn: _Connection) -> None:
        arriving = conn.arriving
        if arriving.refusal:
            self._refuse(conn, arriving.refusal)
        elif arriving.is_whole:
            if conn.unread_bytes() > _MOST_UNREAD:
                self._wait_for_reader(conn)
            else:
                self._forget(conn)
                self._start(conn)
        elif arriving.expects:
            arriving.expects = False
            with suppress(OSError):
                conn.sock.send(CONTINUE)

    def _wait_for_reader(self, conn: _Connection) -> None:
        """Answer the request when the client has read what it was sent before; see `murder_pending`."""
        self._forget(conn)
        self._bytes += len(conn.arriving.data)
        self._unread[conn] = time.monotonic() + _IDLE_SECONDS

    def _look_at_readers(self, now: float) -> None:
        for conn, deadline in list(self._unread.items()):
            drained = conn.unread_bytes() <= _MOST_UNREAD
            if drained or deadline < now:
                self._forget_unread(conn)
                if drained:
                    self._start(conn)
                else:
                    self._drop(conn)

    def _forget_unread(self, conn: _Connection) -> None:
        del self._unread[conn]
        self._bytes -= len(conn.arriving.data)

    def _start(self, conn: _Connection) -> None:
        """Give the whole request to a thread."""
        pool = self._health if conn.arriving.is_health else self.tpool
        size = conn.hand_over()
        self._bytes += size
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self._finish, conn, size, done))

    def _finish(self, conn: _Connection, size: int, done: Future[Any]) -> None:
        self._bytes -= size
        self.finish_request(conn, done)

    def _keepalive_after(self, conn: _Connection, keepalive: bool) -> bool:
        """Whether the connection can be used again; a body that nobody read is not waited for."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        return keepalive and bool(conn.parser.finish_body(deadline=deadline, max_bytes=MOST_BODY))

    def _free_files(self) -> None:
        if self._lingering:
            self._end_lingering(next(iter(self._lingering)))
        else:
            self._end_idle()

    def _end_idle(self) -> None:
        """End the connection that has been idle for longest, or else the slowest request."""
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self._drop(conn)
        elif self._unread:
            conn = next(iter(self._unread))
            self._forget_unread(conn)
            self._drop(conn)
        elif self._arriving:
            self._refuse(next(iter(self._arriving)), BUSY)

    def on_client_socket_readable(self, conn: _Connection, client: object) -> None:
        """A kept connection sends; an earlier event of the same round may have ended it."""
        if conn in self.keepalived_conns:
            super().on_client_socket_readable(conn, client)

    def _refuse(self, conn: _Connection, answer: bytes) -> None:
        self._forget(conn)
        # A connection that never asked for anything is closed without a word.
        if not conn.arriving.data:
            self._drop(conn)
            return
        with suppress(OSError):
            conn.sock.send(answer)
        self.nr_conns -= 1
        self.linger(conn)

    def _forget(self, conn: _Connection) -> None:
        del self._arriving[conn]
        self._bytes -= len(conn.arriving.data)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: _Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def _on_lingering(self, conn: _Connection, _client: object) -> None:
        if conn not in self._lingering:
            return
        try:
            if conn.sock.recv(_CHUNK):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end_lingering(conn)

    def _end_lingering(self, conn: _Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        conn.close()


def _gone() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "The client sends or reads too slowly.")
