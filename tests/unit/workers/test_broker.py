"""Wake-ups: sent to a broker, harmless without one, and taken by the task that does batches."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from benchmarks.servers import RedisServer, free_port
from core.settings import Settings
from workers.broker import QUEUE, WAKE_TASK, wake


def test_wake_ups_wait_in_the_queue_and_expire(redis_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=redis_server.url, workers=3)
    client = redis.Redis(port=redis_server.port)
    client.delete(QUEUE)
    assert wake(settings)
    assert client.llen(QUEUE) == 3
    message = json.loads(client.lpop(QUEUE) or b"")
    assert message["headers"]["task"] == WAKE_TASK and message["headers"]["expires"]
    assert wake(settings, count=1) and client.llen(QUEUE) == 3
    client.close()


def test_a_broker_that_is_away_is_harmless(tmp_path: Path) -> None:
    for address in (f"redis://127.0.0.1:{free_port()}/0", f"redis+socket://{tmp_path / 'none.sock'}"):
        began = time.monotonic()
        assert wake(Settings(data=tmp_path, broker_url=address)) is False
        assert time.monotonic() - began < 1.5


def _connections(client: redis.Redis) -> int:
    """Connections that the server has accepted so far."""
    received: int = client.info("stats")["total_connections_received"]
    return received


def test_the_connection_is_kept(redis_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=redis_server.url, workers=2)
    client = redis.Redis(port=redis_server.port)
    assert wake(settings)
    before = _connections(client)
    assert all(wake(settings) for _ in range(5))
    assert _connections(client) == before
    client.close()


def test_a_connection_that_was_cut_costs_no_wake_up(redis_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=redis_server.url, workers=1)
    client = redis.Redis(port=redis_server.port)
    client.delete(QUEUE)
    assert wake(settings)
    client.client_kill_filter(_type="normal", skipme=True)
    assert wake(settings) and client.llen(QUEUE) == 2
    client.close()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A broker that the test stops."""
    server = RedisServer.start()
    yield server
    server.stop()


def test_wake_ups_go_on_after_a_restart_of_the_broker(own_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=own_server.url, workers=2)
    assert wake(settings)
    own_server.stop()
    assert not wake(settings)
    own_server.start_again()
    assert wake(settings)
    with redis.Redis(port=own_server.port) as client:
        # It kept nothing: only those of the second life are there.
        assert client.llen(QUEUE) == 2


def test_nobody_waits_long_for_a_broker_that_hangs(own_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=own_server.url, workers=2)
    assert wake(settings)
    own_server.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert not wake(settings)
        first = time.monotonic() - began
        assert not wake(settings)
        # The second one does not even ask.
        assert first < 2 and time.monotonic() - began - first < first / 2
    finally:
        own_server.process.send_signal(signal.SIGCONT)


def test_both_sides_of_a_fork_send(redis_server: RedisServer, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, broker_url=redis_server.url, workers=1)
    client = redis.Redis(port=redis_server.port)
    client.delete(QUEUE)
    assert wake(settings)
    child = os.fork()
    if not child:
        os._exit(0 if all(wake(settings) for _ in range(20)) else 1)
    assert all(wake(settings) for _ in range(20))
    assert os.waitpid(child, 0)[1] == 0
    assert client.llen(QUEUE) == 41
    client.close()
