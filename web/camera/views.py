"""The camera page, its connection, and snapshots."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.live.asking import Asker
from core.live.wire import Desk
from models import SourceKind
from web.accounts.session import still_signed_in
from web.camera.connection import CameraResponse, check_seats, handshake, take_seat
from web.extension import settings
from web.one_photo.sent import keep_in_library, one_at_a_time, sent_photo
from web.security import POLICY

camera = Blueprint("camera", __name__, url_prefix="/camera")


@camera.get("")
def page() -> ResponseReturnValue:
    """The camera page."""
    answer = make_response(render_template("camera/page.html", share=settings().live_share))
    # Only this page may use the camera and a WebSocket, which not every browser counts as 'self'.
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    own = f"connect-src 'self' ws://{request.host} wss://{request.host}"
    answer.headers["Content-Security-Policy"] = f"{POLICY}; {own}"
    return answer


@camera.get("/state")
def state() -> ResponseReturnValue:
    """Whether a camera can be opened; the error says why not, which a failed WebSocket cannot."""
    taken = check_seats()
    with Asker(settings()) as asker:
        asker.check(Desk.FRAMES)
    return jsonify(cameras=taken, most=settings().live_cameras)


@camera.get("/connection", websocket=True)
def connection() -> ResponseReturnValue:
    """A WebSocket: numbered JPEG frames in, faces out."""
    _check_origin()
    seat, asker = take_seat(), Asker(settings())
    try:
        asker.check(Desk.FRAMES)
        return CameraResponse(handshake(request), asker, seat, may_go_on=still_signed_in())
    except BaseException:
        asker.close()
        seat.release()
        raise


@camera.post("/snapshots")
@one_at_a_time()
def keep_snapshot() -> ResponseReturnValue:
    """Store one frame in the library."""
    _, data = sent_photo()
    location = f"Camera, {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    return jsonify(keep_in_library(data, kind=SourceKind.CAMERA, location=location)), 201


def _check_origin() -> None:
    """Accept only our own pages: browsers send cookies with a WebSocket from any page, and no CSRF token."""
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
        raise InputError("camera_origin", "Another site's page may not use the camera connection.")
