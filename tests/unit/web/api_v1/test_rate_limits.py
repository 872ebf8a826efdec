"""Limits of requests: by token or address, for all web processes together, and without the broker."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from structlog.testing import capture_logs

from benchmarks.servers import RedisServer, free_port
from core.accounts import ensure_owner
from core.database import Database
from core.settings import Settings
from models import Scope
from tests.unit.web.api_v1.calling import caller, code_of, new_token
from web.api_v1 import rate_limits
from web.api_v1.rate_storage import OneRequestStorage
from web.factory import attach, create_app
from web.local_app import LocalApp

#: An app with these settings and the same data.
Make = Callable[..., Flask]


@pytest.fixture
def make(tmp_path: Path, sqlite_tables: Path) -> Iterator[Make]:
    """Apps on one data folder."""
    folder, made = tmp_path / "data", list[Flask]()
    folder.mkdir()
    shutil.copyfile(sqlite_tables, folder / "maskloop.sqlite")

    def make_app(app: Flask | None = None, **changes: object) -> Flask:
        settings = Settings(data=folder, **{"broker_url": f"redis://127.0.0.1:{free_port()}", **changes})
        if app is None:
            app = create_app(settings)
        else:
            attach(app, settings)
        made.append(app)
        with app.extensions["maskloop"].database.write() as rows:
            ensure_owner(rows)
        return app

    yield make_app
    for app in made:
        app.extensions["maskloop"].database.dispose()


def database_of(app: Flask) -> Database:
    return app.extensions["maskloop"].database


def test_two_web_processes_count_together(make: Make, one_app: Flask, redis_server: RedisServer) -> None:
    shared = {"broker_url": redis_server.url, "api_rate": 6}
    first, second = make(**shared), make(one_app, **shared)
    secret, other = (new_token(database_of(first), Scope.READ) for _ in range(2))
    left = []
    for app in (first, second, first, second, first, second):
        answer = caller(app, secret)("GET", "/jobs")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"token";q=6;w=60'
        found = re.fullmatch(r'"token";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
        assert found is not None and 1 <= int(found[2]) <= 60
        left.append(int(found[1]))
    assert left == [5, 4, 3, 2, 1, 0]
    for app in (first, second):
        refused = caller(app, secret)("GET", "/jobs")
        assert (refused.status_code, code_of(refused)) == (429, "rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert caller(app, other)("GET", "/jobs").status_code == 200, "each token has its own limit"


def test_a_request_asks_the_broker_once(make: Make, one_app: Flask, redis_server: RedisServer) -> None:
    call = caller(app := make(one_app, broker_url=redis_server.url), new_token(database_of(app), Scope.READ))
    call("GET", "/jobs")
    with redis.Redis.from_url(redis_server.url) as broker:
        before = broker.info("commandstats")["cmdstat_evalsha"]["calls"]
        answers = [call("GET", "/jobs").headers["RateLimit"].partition(";t")[0] for _ in range(5)]
        assert broker.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 5
    assert answers == [f'"token";r={6000 - number}' for number in range(2, 7)]


def test_both_ways_to_count_agree(redis_server: RedisServer) -> None:
    """With one request to the broker, and with the two of `limits`."""
    item = RateLimitItemPerMinute(3)
    one, two = (
        SlidingWindowCounterRateLimiter(kind(redis_server.url)) for kind in (OneRequestStorage, RedisStorage)
    )
    for number in range(5):
        assert one.hit(item, "one") is two.hit(item, "two") is (number < 3)
        mine, theirs = one.get_window_stats(item, "one"), two.get_window_stats(item, "two")
        assert mine.remaining == theirs.remaining == max(0, 2 - number)
        # A window that was begun in this millisecond ends now, or a minute later.
        apart = abs(mine.reset_time - theirs.reset_time) % 60
        assert min(apart, 60 - apart) < 5
    assert one.get_window_stats(item, "two").remaining == 0, "of a key that it has not counted"


def test_without_a_valid_token_the_address_is_counted(make: Make, one_app: Flask) -> None:
    app = make(one_app, api_rate_anonymous=3)
    secret = new_token(database_of(app), Scope.READ)
    answers = [caller(app, f"maskloop_guess{number}")("GET", "/jobs") for number in range(5)]
    assert [code_of(answer) for answer in answers] == ["token_refused"] * 3 + ["rate_limited"] * 2
    assert "Retry-After" in answers[-1].headers
    assert answers[0].headers["RateLimit"].startswith('"address";r=2')
    assert code_of(caller(app, None)("GET", "/openapi.json")) == "rate_limited"
    assert caller(app, secret)("GET", "/jobs").status_code == 200, "a token is not held back by its address"
    neighbour = app.test_client().get("/api/v1/jobs", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert code_of(neighbour) == "token_missing"


def test_pages_have_no_such_limit(make: Make, one_app: Flask) -> None:
    app = make(one_app, api_rate_anonymous=1)
    for _ in range(4):
        answer = app.test_client().get("/sign-in")
        assert answer.status_code == 200 and "RateLimit" not in answer.headers


def test_a_broker_that_is_away_fails_no_request_and_is_counted_on_again(
    make: Make, one_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = RedisServer.start()
    try:
        app = make(one_app, broker_url=server.url, api_rate=50)
        call = caller(app, new_token(database_of(app), Scope.READ))
        assert call("GET", "/jobs").headers["RateLimit"].startswith('"token";r=49')
        server.stop()
        with capture_logs() as logs:
            answers = [call("GET", "/jobs") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert answers[-1].headers["RateLimit"].startswith('"token";r=47'), "counted by this process alone"
        said = [entry["event"] for entry in logs if entry["event"].startswith("rate_limits")]
        assert said == ["rate_limits_not_shared"], "said once"
        server.start_again()
        monkeypatch.setattr(rate_limits, "_PAUSE_SECONDS", 0.0)
        app.extensions["rate_limits"]._ask_at = 0.0
        with capture_logs() as logs:
            assert call("GET", "/jobs").headers["RateLimit"].startswith('"token";r=49')
        assert "rate_limits_shared_again" in [entry["event"] for entry in logs]
    finally:
        server.stop()


@pytest.mark.parametrize("broker", ["amqp://guest@127.0.0.1//", "redis://127.0.0.1:port"])
def test_a_broker_that_cannot_count_leaves_each_process_to_itself(
    make: Make, one_app: Flask, broker: str
) -> None:
    app = make(one_app, broker_url=broker, api_rate=1)
    call = caller(app, new_token(database_of(app), Scope.READ))
    assert call("GET", "/jobs").status_code == 200
    assert code_of(call("GET", "/jobs")) == "rate_limited"


def test_no_limit_has_no_headers(make: Make, one_app: Flask) -> None:
    app = make(one_app, api_rate=0)
    answer = caller(app, new_token(database_of(app), Scope.READ))("GET", "/jobs")
    assert answer.status_code == 200 and "RateLimit" not in answer.headers


def test_a_command_on_the_data_folder_has_no_limit(make: Make, one_app: Flask, tmp_path: Path) -> None:
    make(one_app)
    local = LocalApp(Settings(data=tmp_path / "data", api_rate=1, api_rate_anonymous=1))
    for address in ("/api/v1/jobs", "/api/v1/openapi.json", "/api/v1/jobs", "/api/v1/openapi.json"):
        environ: dict = {"maskloop.local_caller": local._caller}
        assert local.app.test_client().get(address, environ_overrides=environ).status_code == 200
    local.database.dispose()
