"""The time that one fetch may take, kept inside the sockets: no byte that a server sends extends it."""

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from core.errors import TransientError

Result = TypeVar("Result")

#: How often a waiting socket looks whether its fetch shall end.
_SLICE_SECONDS = 0.25


class TimeLimit:
    """The network time of one fetch, over all of its tries and redirects.

    `seconds` covers resolving, connecting, TLS, headers and bodies; the headers of each reply must be
    complete `header_seconds` after the request began. `check` is called several times a second while a
    socket waits, and may raise: the connection is then closed.
    """

    def __init__(self, *, seconds: float, header_seconds: float, check: Callable[[], None]) -> None:
        self._seconds, self._header_seconds, self._check = seconds, header_seconds, check
        self._left = seconds
        self._deadline = self._until = 0.0

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count the time of one request; the sockets that this thread uses meanwhile obey the limit."""
        began = time.monotonic()
        self._deadline = began + self._left
        self._until = min(self._deadline, began + self._header_seconds)
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            self._left = self._deadline - time.monotonic()

    def end_headers(self) -> None:
        """The headers have arrived: from now on only the deadline of the fetch counts."""
        self._until = self._deadline

    def wait(self, act: Callable[[float], Result], idle_seconds: float) -> Result:
        """The result of `act`, which gets a short time each time and raises TimeoutError after it.

        Raises TransientError answer_too_slow after the deadline, TimeoutError after `idle_seconds`.
        """
        idle_until = time.monotonic() + idle_seconds
        while True:
            self._check()
            now = time.monotonic()
            if now >= self._until:
                raise TransientError("answer_too_slow", self._reason())
            try:
                return act(max(0.001, min(_SLICE_SECONDS, self._until - now, idle_until - now)))
            except TimeoutError:
                if time.monotonic() >= idle_until:
                    raise

    def _reason(self) -> str:
        if self._until < self._deadline:
            return f"The reply did not begin within {self._header_seconds:.0f} s."
        return f"The reply took more than {self._seconds:.0f} s."


#: The limit of the fetch that this thread makes.
_current: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


def connect_in_time(host: str, port: int, seconds: float) -> socket.socket:
    """A socket connected to a network address within `seconds`; its reads obey the limit of the fetch.

    Raises OSError where no connection is possible, and what `TimeLimit.wait` raises.
    """
    connected = _TimedSocket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connected.setblocking(False)
        code = connected.connect_ex((host, port))
        if code == errno.EINPROGRESS:
            _wait(lambda slice_seconds: _await_connected(connected, slice_seconds), seconds)
            code = connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        connected.settimeout(seconds)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connected.close()
        raise
    return connected


def call_in_time(work: Callable[[], Result], seconds: float) -> Result:
    """The result of `work` that cannot be interrupted, such as a name lookup: it gets a thread of its own.

    Raises what `work` and `TimeLimit.wait` raise; a thread that is given up ends with its call.
    """
    found: Future[Result] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, name="lookup", daemon=True).start()
    return _wait(found.result, seconds)


def timed_tls(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same context, whose connections obey the limit of the fetch."""
    context.sslsocket_class = _TimedTLSSocket
    return context


def _wait(act: Callable[[float], Result], seconds: float) -> Result:
    limit = _current.get()
    return act(seconds) if limit is None else limit.wait(act, seconds)


def _await_connected(connecting: socket.socket, seconds: float) -> None:
    poll = select.poll()
    poll.register(connecting, select.POLLOUT)
    if not poll.poll(seconds * 1000):
        raise TimeoutError("the connection timed out")


def _call_timed(used: socket.socket, call: Callable[[], Result]) -> Result:
    """The result of a blocking call on a socket, in slices of its timeout."""
    limit, timeout = _current.get(), used.gettimeout()
    if limit is None or timeout is None:
        return call()

    def act(seconds: float) -> Result:
        used.settimeout(seconds)
        return call()

    try:
        return limit.wait(act, timeout)
    finally:
        used.settimeout(timeout)


class _TimedSocket(socket.socket):
    """A plain connection; `http.client` reads through `recv_into` alone."""

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        """Read within the limit."""
        return _call_timed(self, lambda: socket.socket.recv_into(self, *arguments, **named))


class _TimedTLSSocket(ssl.SSLSocket):
    """A TLS connection. A handshake or read that a slice ended is continued by the next one."""

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        """Read within the limit."""
        return _call_timed(self, lambda: ssl.SSLSocket.recv_into(self, *arguments, **named))

    def do_handshake(self, block: bool = False) -> None:
        """Agree on keys within the limit."""
        _call_timed(self, lambda: ssl.SSLSocket.do_handshake(self, block))
