"""Wake-ups: sent to a broker, harmless without one, and taken by the task that does batches."""

import json
import time
from pathlib import Path

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
