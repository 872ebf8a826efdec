"""The camera page, and who may open its connection."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from core.database import Database
from core.errors import TransientError
from models import Account, BrowserSession
from tests.unit.web.conftest import Browser
from web.accounts.session import start_session, still_signed_in
from web.camera.connection import CameraSlots, RelayResponse, handshake

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


def test_a_live_process_that_is_away_is_said_to_be_and_costs_no_seat(browser: Browser, app: Flask) -> None:
    for address, headers in (("/camera/state", {}), ("/camera/connection", _UPGRADE | _OWN)):
        answer = browser.get(address, headers={"Accept": "application/json"} | headers)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "live_unreachable")
    assert app.extensions["camera_slots"].taken == 0


def test_seats_are_counted_and_given_back(browser: Browser, app: Flask) -> None:
    slots = app.extensions["camera_slots"] = CameraSlots(2)
    slots.take()
    slots.take()
    with pytest.raises(TransientError):
        slots.take()
    answer = browser.get("/camera/state", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "too_many_cameras")
    slots.release()
    slots.take()


def test_the_handshake_carries_nothing_but_itself(app: Flask) -> None:
    with app.test_request_context("/camera/connection", headers=_UPGRADE | {"Cookie": "secret=1"}) as context:
        text = handshake(context.request).decode()
    assert "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" in text
    assert text.endswith("\r\n\r\n") and "secret" not in text


def test_a_connection_ends_soon_after_its_account_was_signed_out(
    browser: Browser, app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.camera.connection._CHECK_SECONDS", 0.05)
    with app.test_request_context():
        with database.write() as rows:
            start_session(rows, rows.scalars(select(Account)).one())
        may_go_on = still_signed_in()
    assert may_go_on()
    (page, browser_end), (live, live_end) = socket.socketpair(), socket.socketpair()
    ended = threading.Event()
    relay = RelayResponse(live_end, b"hello", may_go_on=may_go_on, on_end=ended.set)
    with page, browser_end, live, ThreadPoolExecutor(1) as thread:
        over = thread.submit(_run, relay, browser_end)
        assert live.recv(5) == b"hello"
        page.sendall(b"frame")
        assert live.recv(5) == b"frame"
        assert not ended.wait(0.2)
        with database.write() as rows:
            rows.execute(delete(BrowserSession))
        assert ended.wait(5) and live.recv(1) == b""
        over.result(5)


def _run(relay: RelayResponse, browser_end: socket.socket) -> None:
    with pytest.raises(StopIteration):
        relay({"gunicorn.socket": browser_end}, None)
