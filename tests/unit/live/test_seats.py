"""Seats hold over processes, are free again after a kill, and a broker that is away is named."""

import time

import pytest
import redis

from benchmarks.servers import RedisServer, free_port
from core.errors import TransientError
from core.live import seats
from core.live.seats import Seats
from core.settings import Settings


@pytest.fixture
def shared(redis_server: RedisServer) -> Settings:
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return Settings(broker_url=redis_server.url)


def test_two_processes_share_the_seats(shared: Settings) -> None:
    one, other = Seats(shared), Seats(shared)
    with_one, with_other = one.take("cameras", most=2), other.take("cameras", most=2)
    assert with_one is not None and with_other is not None
    assert (with_one.taken, with_other.taken) == (1, 2)
    assert one.take("cameras", most=2) is None
    assert one.take("photos", most=2) is not None
    with with_other:
        pass
    assert one.count("cameras") == 1 and other.take("cameras", most=2) is not None


def test_the_seat_of_a_killed_process_is_free_again_and_one_that_is_kept_is_not(
    shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "SEAT_SECONDS", 0.5)
    monkeypatch.setattr(seats, "_KEEP_SECONDS", 0.1)
    found = Seats(shared)
    kept, _of_killed = found.take("cameras", most=2), found.take("cameras", most=2)
    assert kept is not None
    deadline = time.monotonic() + 5
    while found.count("cameras") == 2:
        kept.keep()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found.count("cameras") == 1
    assert found.take("cameras", most=2) is not None
    assert found.take("cameras", most=2) is None


def test_a_broker_that_lost_everything_leaves_the_seats_to_who_has_them(
    shared: Settings, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "_KEEP_SECONDS", 0.0)
    found = Seats(shared)
    kept = found.take("cameras", most=1)
    assert kept is not None
    redis_server.empty()
    kept.keep()
    assert found.take("cameras", most=1) is None


def test_a_broker_that_is_away_is_named() -> None:
    away = Seats(Settings(broker_url=f"redis://127.0.0.1:{free_port()}"))
    for ask in (lambda: away.take("cameras", most=1), lambda: away.count("cameras")):
        with pytest.raises(TransientError) as error:
            ask()
        assert error.value.code == "broker_unreachable"
