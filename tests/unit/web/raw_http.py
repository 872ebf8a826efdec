"""A web server as a process of its own, and connections that send it any bytes."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.servers import free_port
from core.accounts import ensure_owner
from core.database import Database
from core.settings import Settings
from models import Base
from tests.forked import fork_program, kill

#: Code of a server.
START = "from web.server import main; main()"


@contextmanager
def server(folder: Path, code: str = START) -> Iterator[int]:
    """A web server on a database of its own; yields its port."""
    with server_process(folder, code) as (port, _):
        yield port


@contextmanager
def server_process(
    folder: Path, code: str = START, *, processes: int = 1
) -> Iterator[tuple[int, psutil.Process]]:
    """A web server on a database of its own; yields its port and the first process that answers."""
    settings = Settings(
        data=folder, port=free_port(), broker_url="redis://127.0.0.1:1", web_processes=processes
    )
    database = Database(settings.sql_url)
    Base.metadata.create_all(database.engine)
    with database.write() as rows:
        ensure_owner(rows)
    database.dispose()
    process = fork_program(settings, code)
    try:
        _wait_until_answered(settings.port)
        yield settings.port, psutil.Process(process.pid).children()[0]
    finally:
        kill(process)


def _wait_until_answered(port: int) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                ask(port, "/health")
                return
        time.sleep(0.1)
    raise AssertionError("the server did not answer in time")


def connect(port: int, data: bytes = b"") -> socket.socket:
    """A connection that has sent `data`."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(data)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    answer = b""
    try:
        while data := connection.recv(1 << 16):
            answer += data
    except ConnectionError:
        pass
    return answer


def ask(port: int, address: str, method: str = "GET", body: bytes | None = None) -> int:
    """The status of one request."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        client.request(method, address, body=body)
        return client.getresponse().status
    finally:
        client.close()
