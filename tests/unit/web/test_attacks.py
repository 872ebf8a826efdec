"""Requests that are made to mislead or to fill up the server; other people's are answered all the while."""

import http.client
import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.unit.web.raw_http import ask, connect, read_to_end, server_process
from web.arriving import MOST_BODY
from web.factory import THREADS

_HOST = b"Host: 127.0.0.1\r\n"
_POST = b"POST /sign-in HTTP/1.1\r\n" + _HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
_GET = b"GET /sign-in HTTP/1.1\r\n" + _HOST
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
#: What a second request would be if the server could be made to see one.
_HIDDEN = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
#: More connections than there are threads, cameras included.
_MANY = THREADS + 24

_NEVER_WHOLE = {
    "a length with zeros before it": _POST + b"Content-Length: " + b"0" * 30 + b"100\r\n\r\nname=",
    "a chunk with the end of chunks inside": _CHUNKED + b"ff\r\nname=0\r\n\r\n",
    "chunks without the last one": _CHUNKED + b"1\r\nx\r\n" * 1000,
    "trailers without an end": _CHUNKED + b"0\r\nX-Sum: 1\r\n",
    "an empty line": b"\r\n",
    "two empty lines": b"\r\n\r\n",
    "half an upgrade": b"GET /camera/socket HTTP/1.1\r\n" + _HOST + b"Upgrade: websocket\r\nConnection: Upgr",
}

_UNCLEAR = {
    "length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 45\r\n\r\n",
    "the same length twice": b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 45\r\n\r\n",
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a length of no digits": b"Content-Length: \xb2\r\n\r\n",
    "a length with too many digits": b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a space before the colon": b"Content-Length : 0\r\n\r\n",
    "a folded header": b"X: y\r\n Content-Length: 45\r\n\r\n",
    "a bare line feed": b"X: y\nContent-Length: 45\r\n\r\n",
    "a bare carriage return": b"X: y\rContent-Length: 45\r\n\r\n",
    "a null": b"X: y\x00\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks, but not at the end": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a chunk that is longer than its size": b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    "a chunk size that is none": b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, psutil.Process]]:
    with server_process(tmp_path_factory.mktemp("attacked")) as started:
        yield started


@pytest.fixture
def port(process: tuple[int, psutil.Process]) -> Iterator[int]:
    """The port of a server whose process lives on after the test."""
    yield process[0]
    assert ask(process[0], "/health") in (200, 503)
    assert process[1].is_running()


def _is_answered_soon(port: int) -> None:
    began = time.monotonic()
    assert ask(port, "/sign-in") == 200
    # Far below every deadline; generous for a busy machine.
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("sent", _NEVER_WHOLE.values(), ids=_NEVER_WHOLE)
def test_what_is_never_whole_holds_no_thread(port: int, sent: bytes) -> None:
    with ExitStack() as connections:
        for _ in range(_MANY):
            connections.enter_context(connect(port, sent))
        _is_answered_soon(port)


@pytest.mark.parametrize("unclear", _UNCLEAR.values(), ids=_UNCLEAR)
def test_a_request_of_unclear_length_hides_no_second_one(port: int, unclear: bytes) -> None:
    with connect(port, _POST + unclear + _HIDDEN) as connection:
        answer = read_to_end(connection)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert statuses in ([b"400"], [b"501"]), answer


def test_chunks_in_an_old_request_are_refused(port: int) -> None:
    old = _CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n"
    with connect(port, old + _HIDDEN) as connection:
        assert re.findall(rb"HTTP/1\.. (\d+)", read_to_end(connection)) == [b"400"]


def test_requests_that_are_sent_along_are_answered_in_order(port: int) -> None:
    asked = [*range(100)]
    requests = b"".join(b"GET /nothing/%d HTTP/1.1\r\n" % number + _HOST + b"\r\n" for number in asked)
    last = b"GET /sign-in HTTP/1.1\r\n" + _HOST + b"Connection: close\r\n\r\n"
    with connect(port, requests + last) as connection:
        answer = read_to_end(connection)
    assert [int(number) for number in re.findall(rb"next=/nothing/(\d+)\r", answer)] == asked
    assert answer.count(b"HTTP/1.1 200 ") == 1


def test_who_says_that_all_is_sent_still_gets_the_answer(port: int) -> None:
    with connect(port, _POST + b"Content-Length: 5\r\n\r\nabcde") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection).startswith(b"HTTP/1.1 400 ")


def test_chunks_with_trailers_and_a_request_behind_them_are_answered(port: int) -> None:
    chunks = b"5\r\nabcde\r\n0\r\nX-Sum: 1\r\n\r\n"
    last = _GET + b"Connection: close\r\n\r\n"
    with connect(port, _CHUNKED + chunks + last) as connection:
        assert re.findall(rb"HTTP/1\.1 (\d+)", read_to_end(connection)) == [b"400", b"200"]


def test_many_chunks_need_a_length(port: int) -> None:
    with connect(port, _CHUNKED) as connection:
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(MOST_BODY // 0x10000 + 2):
            try:
                connection.sendall(piece)
            except ConnectionError:
                break
        assert read_to_end(connection).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize(
    "upgrade",
    [b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", b"Upgrade: websocket\r\n"],
)
def test_an_upgrade_of_a_page_is_the_page(port: int, upgrade: bytes) -> None:
    with connect(port, _GET + upgrade + b"Connection: Upgrade, HTTP2-Settings\r\n\r\n") as connection:
        assert re.match(rb"HTTP/1\.1 (200|302) ", connection.recv(100))


def test_another_protocol_is_refused(port: int) -> None:
    for sent in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"x\r\n\r\n"):
        with connect(port, sent) as connection:
            assert re.match(rb"HTTP/1\.. (400|505) ", read_to_end(connection))


def test_a_slow_second_request_gets_its_own_time(port: int) -> None:
    with connect(port, _GET + b"\r\n") as connection:
        _read_page(connection)
        for byte in _GET + b"\r\n":
            connection.sendall(bytes([byte]))
        assert b"HTTP/1.1 200 " in _read_page(connection)


def _read_page(connection: socket.socket) -> bytes:
    answer = b""
    while b"</html>" not in answer:
        data = connection.recv(1 << 16)
        assert data, answer
        answer += data
    return answer


def test_a_thousand_kept_connections_leave_room_for_more(port: int) -> None:
    with ExitStack() as connections:
        for _ in range(1050):
            connection = connections.enter_context(connect(port, _HIDDEN))
            assert connection.recv(100).startswith(b"HTTP/1.1 ")
        for _ in range(_MANY):
            connections.enter_context(connect(port))
        _is_answered_soon(port)


def test_connections_that_send_while_they_are_dropped_end_no_others(
    process: tuple[int, psutil.Process],
) -> None:
    """A new connection makes room by dropping the oldest in the round of events in which that one sends."""
    port, server = process
    with ExitStack() as connections:
        opened = [connections.enter_context(connect(port)) for _ in range(520)]
        server.suspend()
        try:
            connections.enter_context(connect(port))
            for connection in opened:
                with suppress(ConnectionError):
                    connection.sendall(b"G")
        finally:
            server.resume()
        _is_answered_soon(port)
    assert server.is_running()


def test_many_small_bodies_on_one_connection(port: int) -> None:
    random.seed(7)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with connect(port):
        for _ in range(150):
            body = random.randbytes(random.randrange(200_000))
            client.request("POST", "/sign-in", body=body, headers={"Accept": "application/json"})
            answer = client.getresponse()
            assert (answer.status, b"csrf_failed" in answer.read()) == (400, True)
    client.close()


def test_who_reads_nothing_holds_no_thread(port: int) -> None:
    """Each sends more requests than its answers find room, and takes none."""
    with connect(port, _GET + b"\r\n") as connection:
        found = re.search(rb"/static/\w+/css/review\.css", _read_page(connection))
    assert found
    requests = (b"GET " + found[0] + b" HTTP/1.1\r\n" + _HOST + b"\r\n") * 700
    with ExitStack() as connections:
        for _ in range(_MANY):
            connection = connections.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", port))
            connection.sendall(requests)
        began, before = time.monotonic(), [0]
        while len(unread := _unread(port)) < _MANY or unread != before:
            assert time.monotonic() - began < 60
            before = unread
            _is_answered_soon(port)
        _is_answered_soon(port)


def _unread(port: int) -> list[int]:
    """Bytes that wait in the system for a reader, of each connection where they are many."""
    waiting = []
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, _, _, queues, *_ = line.split()
        size = int(queues.split(":")[0], 16)
        if local.endswith(f":{port:04X}") and size > 2**16:
            waiting.append(size)
    return sorted(waiting)


def test_large_bodies_that_wait_for_a_thread_are_bounded(tmp_path: Path) -> None:
    with (
        server_process(tmp_path, _BUSY) as (port, process),
        ExitStack() as open_,
    ):
        body = _POST + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1_000_000
        connections = [open_.enter_context(connect(port)) for _ in range(100)]
        for connection in connections:
            try:
                connection.sendall(body)
            except ConnectionError:
                continue
        refused, until = 0, time.monotonic() + 30
        while refused < 20 and time.monotonic() < until:
            refused += sum(map(_is_refused, connections))
        assert refused >= 20
        assert process.is_running()


def _is_refused(connection: socket.socket) -> bool:
    """Whether a refusal has come; each is read once."""
    connection.settimeout(0.01)
    try:
        return connection.recv(100).startswith(b"HTTP/1.1 503 ")
    except (TimeoutError, ConnectionError):
        return False


#: Every sign-in page takes a thread until a file is there.
_BUSY = """
import time
import web.server as server
make = server.create_app
def create_app(settings):
    app = make(settings)
    def wait():
        print("asked", file=open(settings.data / "asked", "w"))
        while not (settings.data / "go").exists():
            time.sleep(0.02)
        return "done"
    app.view_functions["accounts.sign_in"] = wait
    from web.security import csrf
    csrf.exempt(wait)
    return app
server.create_app = create_app
server.main()
"""


def test_at_the_end_a_running_request_is_answered_and_idle_ones_are_not_waited_for(tmp_path: Path) -> None:
    with server_process(tmp_path, _BUSY) as (port, process), connect(port), connect(port, _HIDDEN):
        with connect(port, _GET + b"\r\n") as running:
            while not (tmp_path / "asked").exists():
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            (tmp_path / "go").touch()
            answer = read_to_end(running)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"done" in answer
        process.wait(20)
