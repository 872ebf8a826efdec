"""Connections that send slowly or nothing hold no thread, and end at their deadlines."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.web.raw_http import START, ask, connect, server

#: Deadlines that a test can wait for.
_SOON = "import web.buffered_worker as w; w.HEADER_SECONDS = w.BODY_SECONDS = 0.3; "
#: Every sign-in page takes a thread until the end.
_SLOW = """
import time
import web.server as server
make = server.create_app
def create_app(settings):
    app = make(settings)
    app.view_functions["accounts.sign_in"] = lambda: time.sleep(600)
    return app
server.create_app = create_app
"""
_HALF_HEADER = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
_HALF_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100\r\n\r\nname=owner&"
)
_HALF_CHUNKS = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nname="
)
_HALF_UPLOAD = b"POST /uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20000000\r\n\r\nsome"
_HALVES = [b"", _HALF_HEADER, _HALF_BODY, _HALF_CHUNKS, _HALF_UPLOAD]
_HALF_NAMES = ["nothing", "half a header", "half a body", "half of the chunks", "half an upload"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with server(tmp_path_factory.mktemp("patient")) as port:
        yield port


@pytest.mark.parametrize("half", _HALVES, ids=_HALF_NAMES)
def test_sixty_connections_that_send_no_more_hold_nobody_up(port: int, half: bytes) -> None:
    with ExitStack() as open_connections:
        for _ in range(60):
            open_connections.enter_context(connect(port, half))
        began = time.monotonic()
        assert ask(port, "/health") in (200, 503)
        assert ask(port, "/sign-in") == 200
        # Far below every deadline, so that nobody waits for one; generous for a busy machine.
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("half", _HALVES[:4], ids=_HALF_NAMES[:4])
def test_what_does_not_arrive_in_time_is_dropped(soon: int, half: bytes) -> None:
    with connect(soon, half) as connection:
        answer = connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408 ") if half else answer == b""


def test_dripping_does_not_move_the_deadline(soon: int) -> None:
    with connect(soon, _HALF_HEADER) as connection:
        began = time.monotonic()
        connection.settimeout(0.05)
        while time.monotonic() - began < 20:
            try:
                connection.sendall(b"x")
                if connection.recv(1000).startswith(b"HTTP/1.1 408 "):
                    return
            except TimeoutError:
                continue
    raise AssertionError("the connection was not dropped")


@pytest.fixture(scope="module")
def soon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with server(tmp_path_factory.mktemp("soon"), _SOON + START) as port:
        yield port


def test_a_body_in_pieces_arrives_whole_and_connections_are_kept(port: int) -> None:
    header = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    request = header + b"Content-Length: 5\r\n\r\n"
    with connect(port) as connection:
        # The second round also sends the next request along with the first one.
        rounds = ((request, b"ab", b"cde"), (request[:30], request[30:] + b"abcde" + request + b"abcde"))
        for pieces in rounds:
            for piece in pieces:
                connection.sendall(piece)
            expected = b"".join(pieces).count(b"POST")
            answers = b""
            while answers.count(b"csrf_failed") < expected:
                data = connection.recv(1 << 16)
                assert data, answers
                answers += data
            assert answers.count(b"HTTP/1.1 400 ") == expected


def test_who_asks_first_is_told_to_go_on(port: int) -> None:
    request = (
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nExpect: 100-continue\r\n"
        b"Content-Length: 5\r\n\r\n"
    )
    with connect(port, request) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"abcde")
        answer = b""
        while b"csrf_failed" not in answer:
            data = connection.recv(1 << 16)
            assert data, answer
            answer += data


def test_a_header_without_an_end_is_refused(port: int) -> None:
    with connect(port) as connection:
        answer = b""
        connection.settimeout(0.05)
        for _ in range(200):
            try:
                connection.sendall(_HALF_HEADER + b"x" * 4096)
                answer = connection.recv(1000)
                break
            except TimeoutError:
                continue
            except ConnectionError:
                return
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_connections_that_nobody_closes_hold_nobody_up(port: int) -> None:
    """The server waits for the other side after its answer, but not in its main loop."""
    request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as open_connections:
        for _ in range(30):
            connection = open_connections.enter_context(connect(port, request))
            assert connection.recv(10)
        began = time.monotonic()
        assert ask(port, "/sign-in") == 200
        assert time.monotonic() - began < 8


def test_health_answers_while_every_thread_is_busy(tmp_path: Path) -> None:
    with server(tmp_path, _SLOW + "server.main()") as port, ExitStack() as open_connections:
        for _ in range(60):
            open_connections.enter_context(connect(port, b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
        for _ in range(5):
            assert ask(port, "/health") in (200, 503)
