"""The camera page, and who may open its connection."""

import dataclasses
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from benchmarks.servers import RedisServer
from core.database import Database
from core.live.asking import Asker
from core.live.seats import Seats
from core.settings import Settings
from models import Account, BrowserSession
from tests.unit.web.conftest import Browser
from web.accounts.session import start_session, still_signed_in
from web.camera.connection import CAMERAS, CameraResponse, handshake
from web.extension import Maskloop

_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Accept": "application/json",
}
_OWN = {"Origin": "http://localhost"}


def test_this_page_alone_may_use_the_camera(browser: Browser) -> None:
    headers = browser.get("/camera").headers
    assert headers["Permissions-Policy"].startswith("camera=(self)")
    assert "connect-src 'self' ws://localhost wss://localhost" in headers["Content-Security-Policy"]
    assert "camera=()" in browser.get("/try").headers["Permissions-Policy"]


def test_the_page_says_that_no_frame_is_stored(browser: Browser) -> None:
    assert "None is stored unless you press" in browser.get("/camera").text


def test_strangers_get_no_connection(stranger: FlaskClient) -> None:
    answer = stranger.get("/camera/connection", headers=_UPGRADE | _OWN)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "sign_in_needed")


@pytest.mark.parametrize(
    "origin", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:1"}]
)
def test_other_pages_get_no_connection(browser: Browser, origin: dict[str, str]) -> None:
    answer = browser.get("/camera/connection", headers=_UPGRADE | origin)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "camera_origin")


def test_other_hosts_get_no_connection(browser: Browser) -> None:
    headers = _UPGRADE | {"Host": "evil.example", "Origin": "http://evil.example"}
    assert (
        browser.get("/camera/connection", headers=headers).get_json()["error"]["code"] == "host_not_allowed"
    )


def test_a_plain_request_is_no_connection(browser: Browser) -> None:
    assert browser.get("/camera/connection").status_code == 400


@pytest.fixture
def shared(app: Flask, redis_server: RedisServer) -> Iterator[Settings]:
    """The app with a broker, where no live process is."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    maskloop: Maskloop = app.extensions["maskloop"]
    settings = maskloop.settings.with_changes(broker_url=redis_server.url, live_cameras=2)
    app.extensions["maskloop"] = dataclasses.replace(maskloop, settings=settings)
    app.extensions["seats"] = Seats(settings)
    yield settings


def refusals(browser: Browser) -> set[tuple[int, str]]:
    answers = [
        browser.get(address, headers={"Accept": "application/json"} | headers)
        for address, headers in (("/camera/state", {}), ("/camera/connection", _UPGRADE | _OWN))
    ]
    return {(answer.status_code, answer.get_json()["error"]["code"]) for answer in answers}


def test_a_broker_that_is_away_is_said_to_be(browser: Browser) -> None:
    assert refusals(browser) == {(503, "broker_unreachable")}


def test_a_live_process_that_is_away_is_said_to_be_and_costs_no_seat(
    browser: Browser, shared: Settings
) -> None:
    assert refusals(browser) == {(503, "live_unreachable")}
    assert Seats(shared).count(CAMERAS) == 0


def test_seats_are_those_of_all_web_processes(browser: Browser, shared: Settings) -> None:
    """`Seats` stands for a second process: nothing but the broker is shared."""
    other = Seats(shared)
    seats = [other.take(CAMERAS, most=2) for _ in range(3)]
    assert [seat is None for seat in seats] == [False, False, True]
    assert refusals(browser) == {(503, "too_many_cameras")}
    assert seats[0] is not None
    seats[0].release()
    assert refusals(browser) == {(503, "live_unreachable")}


def test_the_handshake_carries_nothing_but_itself(app: Flask) -> None:
    with app.test_request_context("/camera/connection", headers=_UPGRADE | {"Cookie": "secret=1"}) as context:
        text = handshake(context.request).decode()
    assert "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" in text
    assert text.endswith("\r\n\r\n") and "secret" not in text


def test_a_connection_ends_soon_after_its_account_was_signed_out(
    browser: Browser, app: Flask, database: Database, shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_CHECK_SECONDS", "_LOOK_SECONDS"):
        monkeypatch.setattr(f"web.camera.conversation.{name}", 0.05)
    with app.test_request_context():
        with database.write() as rows:
            start_session(rows, rows.scalars(select(Account)).one())
        may_go_on = still_signed_in()
    assert may_go_on()
    page, server = socket.socketpair()
    seat = Seats(shared).take(CAMERAS, most=2)
    assert seat is not None
    with app.test_request_context("/camera/connection", headers=_UPGRADE) as context:
        opening = handshake(context.request)
    answer = CameraResponse(opening, Asker(shared), seat, may_go_on=may_go_on)
    with page, server, ThreadPoolExecutor(1) as thread:
        over = thread.submit(_run, answer, server)
        assert page.recv(4096).startswith(b"HTTP/1.1 101 ")
        with pytest.raises(TimeoutError):
            over.result(0.2)
        with database.write() as rows:
            rows.execute(delete(BrowserSession))
        # A close frame with the status 1001.
        assert page.recv(4096)[2:4] == (1001).to_bytes(2, "big")
        over.result(5)
    assert Seats(shared).count(CAMERAS) == 0


def _run(answer: CameraResponse, server: socket.socket) -> None:
    with pytest.raises(StopIteration):
        answer({"gunicorn.socket": server}, None)
