"""Two web servers, on hosts that share database, broker and object store: limits hold over both."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.servers import PostgresServer, RedisServer
from core.live.seats import Seats
from core.settings import Settings
from tests.object_store import ObjectStore
from tests.unit.web.conftest import token_of
from web.camera.connection import CAMERAS
from web.factory import create_app
from workers.setup import prepare

_PASSWORD = "a password of both servers"
_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    redis_server: RedisServer,
    object_store: ObjectStore,
    weights: Path,
) -> Iterator[list[Flask]]:
    """Set up one after the other, each with a data folder of its own."""
    common = object_store.settings(
        Settings(
            database_url=postgres.new_database(),
            broker_url=redis_server.url,
            password=_PASSWORD,
            api_rate_anonymous=4,
            live_cameras=1,
        )
    )
    apps = []
    for name in ("one", "two"):
        settings = common.with_changes(data=tmp_path_factory.mktemp(name))
        settings.weights.symlink_to(weights)
        prepare(settings)
        apps.append(create_app(settings))
    yield apps
    for app in apps:
        app.extensions["maskloop"].database.dispose()


@pytest.fixture
def clients(servers: list[Flask], redis_server: RedisServer) -> list[FlaskClient]:
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return [app.test_client() for app in servers]


def sign_in(client: FlaskClient, password: str, name: str = "owner") -> int:
    token = token_of(client.get("/sign-in").text)
    form = {"name": name, "password": password, "csrf_token": token}
    return client.post("/sign-in", data=form, headers=_JSON).status_code


def pass_cookie(servers: list[Flask], clients: list[FlaskClient]) -> None:
    """The browser's cookie of the first server reaches the second one."""
    name = servers[0].config["SESSION_COOKIE_NAME"]
    cookie = clients[0].get_cookie(name)
    assert cookie is not None
    clients[1].set_cookie(name, cookie.value)


def test_a_session_of_one_is_one_of_the_other_until_it_is_signed_out(
    servers: list[Flask], clients: list[FlaskClient]
) -> None:
    assert sign_in(clients[0], _PASSWORD) == 302
    token = token_of(clients[0].get("/").text)
    pass_cookie(servers, clients)
    assert clients[1].get("/").status_code == 200
    # A form that the first server has drawn is sent to the second one.
    assert clients[1].post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert re.search("/sign-in", clients[0].get("/").headers.get("Location", ""))


def test_failed_sign_ins_are_counted_together(clients: list[FlaskClient]) -> None:
    statuses = [sign_in(clients[number % 2], "wrong password", name="nobody") for number in range(12)]
    assert statuses == [403] * 10 + [429] * 2


def test_requests_to_the_api_are_counted_together(clients: list[FlaskClient]) -> None:
    statuses = [clients[number % 2].get("/api/v1/jobs").status_code for number in range(6)]
    assert statuses == [401] * 4 + [429] * 2


def test_cameras_are_counted_together(servers: list[Flask], clients: list[FlaskClient]) -> None:
    assert sign_in(clients[0], _PASSWORD) in (302, 429)
    seats: Seats = servers[1].extensions["seats"]
    seat = seats.take(CAMERAS, most=1)
    assert seat is not None
    with servers[0].app_context():
        assert Seats(servers[0].extensions["maskloop"].settings).count(CAMERAS) == 1
        assert servers[0].extensions["seats"].take(CAMERAS, most=1) is None
    seat.release()
    assert servers[0].extensions["seats"].count(CAMERAS) == 0
