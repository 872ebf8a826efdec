"""One photo at once, and the camera, for programs: what is refused, and when a connection ends.

Photos that are seen stand in `tests/unit/web/test_one_photo.py`, frames in `tests/acceptance/test_camera.py`.
"""

from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import update

from core.database import Database, read_clock
from models import ApiToken, Scope
from tests.live import portrait_frame
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from web.api_v1.access import still_accepted

_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def _form() -> dict[str, object]:
    return {"data": {"photo": (BytesIO(portrait_frame()), "tea.jpg")}}


@pytest.mark.parametrize("address", ["/photos/look", "/photos"])
def test_what_is_no_photo_is_refused(call: Call, address: str) -> None:
    assert code_of(call("POST", address, json={})) == "content_type_wrong"
    assert code_of(call("POST", address, data={"other": "1"}, content_type="multipart/form-data")) == (
        "photo_not_sent"
    )
    empty = {"photo": (BytesIO(), "tea.jpg")}
    assert code_of(call("POST", address, data=empty)) == "empty_file"


def test_certainty_has_bounds(call: Call) -> None:
    assert code_of(call("POST", "/photos/look?certainty=0.1", **_form())) == "request_invalid"
    assert code_of(call("POST", "/photos?size=2", **_form())) == "request_invalid"


@pytest.mark.parametrize(
    ("method", "address", "given"),
    [
        ("POST", "/photos/look", "photo"),
        ("POST", "/photos", "photo"),
        ("GET", "/camera", ""),
        ("GET", "/camera/connection", "upgrade"),
    ],
)
def test_without_the_broker_and_without_the_scope(
    app: Flask, database: Database, call: Call, method: str, address: str, given: str
) -> None:
    def ask(program: Call) -> tuple[int, str]:
        sent = _form() if given == "photo" else {"headers": _UPGRADE if given == "upgrade" else {}}
        answer = program(method, address, **sent)
        return answer.status_code, code_of(answer)

    assert ask(call) == (503, "broker_unreachable")
    assert ask(caller(app, new_token(database, Scope.READ))) == (403, "scope_missing")
    assert ask(caller(app, None)) == (401, "token_missing")


def test_a_large_photo_is_told_to_become_a_job(
    call: Call, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = app.extensions["maskloop"]
    smaller = replace(mine, settings=mine.settings.with_changes(try_max_bytes=2000))
    monkeypatch.setitem(app.extensions, "maskloop", smaller)
    answer = call("POST", "/photos/look", **_form())
    assert (answer.status_code, code_of(answer)) == (413, "photo_too_large_bytes")


def test_a_plain_request_is_no_connection(call: Call) -> None:
    assert call("GET", "/camera/connection").status_code == 400


def test_a_connection_ends_with_its_token(app: Flask, database: Database) -> None:
    headers = {"Authorization": f"Bearer {new_token(database, Scope.SUBMIT)}"}
    with app.test_request_context("/api/v1/camera/connection", headers=headers):
        may_go_on = still_accepted()
    assert may_go_on()
    with database.write() as rows:
        rows.execute(update(ApiToken).values(revoked_at=read_clock(rows)))
    assert not may_go_on()
