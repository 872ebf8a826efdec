"""The server as a process: what it refuses in one line, how it answers, that it dies with its parent."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.accounts import ensure_owner, hash_password, set_password
from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from models import Base
from tests.unit.web.raw_http import ask, server_process
from web.listener import bind


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A free port and a database with an owner."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(data=tmp_path, port=port, broker_url="redis://127.0.0.1:1")
    database = Database(settings.sql_url)
    Base.metadata.create_all(database.engine)
    with database.write() as rows:
        ensure_owner(rows)
    database.dispose()
    return settings


def test_a_taken_port_is_said_in_one_line(settings: Settings) -> None:
    with bind(settings), pytest.raises(PermanentError) as error:
        bind(settings)
    assert error.value.code == "port_taken"
    assert "\n" not in error.value.message


def test_other_machines_need_a_password(settings: Settings, tmp_path: Path) -> None:
    exposed = Settings(data=tmp_path, host="0.0.0.0", port=settings.port)
    code = "from web.server import main; main()"
    environment = {**os.environ, **exposed.to_env()}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "[password_needed]" in done.stderr


def _start(settings: Settings) -> subprocess.Popen[str]:
    """A parent that does nothing but hold the server; it prints the server's process id."""
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'web.server'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, **settings.to_env()}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


def _wait_until_answered(settings: Settings) -> str:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/health", timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer in time")


def _is_closed(settings: Settings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", settings.port)) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread watches the parent")
def test_it_answers_and_dies_with_its_parent(settings: Settings) -> None:
    parent = _start(settings)
    try:
        assert '"database":{"ok":true' in _wait_until_answered(settings).replace(" ", "")
        assert not list(settings.data.rglob("gunicorn*"))
    finally:
        parent.kill()
        parent.communicate()
    for _ in range(50):
        if _is_closed(settings):
            return
        time.sleep(0.1)
    raise AssertionError("the server outlived its parent")


def test_a_signal_ends_it_at_once(settings: Settings) -> None:
    environment = {**os.environ, **settings.to_env()}
    server = subprocess.Popen([sys.executable, "-m", "web.server"], env=environment)
    try:
        _wait_until_answered(settings)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
    finally:
        server.kill()
        server.wait()


def test_a_password_opens_other_addresses(settings: Settings, tmp_path: Path) -> None:
    """The check passes, and the next thing that can go wrong is the port."""
    database = Database(settings.sql_url)
    with database.write() as rows:
        set_password(rows, "owner", hash_password("a long enough password"))
    database.dispose()
    exposed = Settings(data=tmp_path, host="0.0.0.0", port=settings.port)
    with bind(settings):
        code = "import web.server as s; s.die_with_parent = lambda: None; s.main()"
        environment = {**os.environ, **exposed.to_env()}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
    assert "[port_taken]" in done.stderr


def _wait_for_processes(arbiter: psutil.Process, enough: Callable[[list[int]], bool]) -> None:
    for _ in range(200):
        if enough([child.pid for child in arbiter.children()]):
            return
        time.sleep(0.1)
    raise AssertionError("the processes of the server did not come")


def test_two_processes_answer_and_one_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with server_process(tmp_path, processes=2) as (port, first):
        arbiter = first.parent()
        assert arbiter is not None
        _wait_for_processes(arbiter, lambda pids: len(pids) == 2)
        # Each process alone answers while the other one is stopped.
        for stopped in arbiter.children():
            stopped.suspend()
            assert ask(port, "/livez") == 200
            stopped.resume()
        first.kill()
        _wait_for_processes(arbiter, lambda pids: len(pids) == 2 and first.pid not in pids)
        assert [ask(port, "/livez") for _ in range(8)] == [200] * 8
