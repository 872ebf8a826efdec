"""The camera page, its connection, and snapshots."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.live.protocol import connect
from models import SourceKind
from web.accounts.session import still_signed_in
from web.camera.connection import RelayResponse, Seats, handshake
from web.extension import settings
from web.one_photo.sent import keep_in_library, sent_photo
from web.security import POLICY

camera = Blueprint("camera", __name__, url_prefix="/camera")


@camera.get("")
def page() -> ResponseReturnValue:
    """The camera with the faces that it sees."""
    answer = make_response(render_template("camera/page.html", share=settings().live_share))
    # This page alone may ask for the camera, and for a connection that not every browser counts as 'self'.
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    own = f"connect-src 'self' ws://{request.host} wss://{request.host}"
    answer.headers["Content-Security-Policy"] = f"{POLICY}; {own}"
    return answer


@camera.get("/state")
def state() -> ResponseReturnValue:
    """Whether a camera could be opened now; an error says why not, which a failed connection does not."""
    seats = _seats()
    seats.check()
    connect(settings().camera_socket).close()
    return jsonify(cameras=seats.taken, most=seats.most)


@camera.get("/connection", websocket=True)
def connection() -> ResponseReturnValue:
    """A WebSocket: numbered JPEG frames in, faces out."""
    _check_origin()
    seats = _seats()
    seats.take()
    try:
        live = connect(settings().camera_socket)
    except BaseException:
        seats.leave()
        raise
    return RelayResponse(live, handshake(request), may_go_on=still_signed_in(), on_end=seats.leave)


@camera.post("/snapshots")
def keep_snapshot() -> ResponseReturnValue:
    """Keep one frame in the library, because somebody asked for it."""
    _, data = sent_photo()
    location = f"Camera, {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    return jsonify(keep_in_library(data, kind=SourceKind.CAMERA, location=location)), 201


def _check_origin() -> None:
    """Cookies go along with a WebSocket from any page, and no CSRF token does: only our own pages may."""
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
        raise InputError("camera_origin", "Another site's page may not use the camera connection.")


def _seats() -> Seats:
    seats: Seats = current_app.extensions["camera_seats"]
    return seats
