"""The camera page, its connection, and snapshots."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.live.asking import Asker
from core.live.wire import Desk
from models import SourceKind
from web.accounts.session import still_signed_in
from web.camera.connection import CameraResponse, check_seats, handshake, take_seat
from web.extension import settings
from web.one_photo.sent import keep_in_library, one_at_a_time, page_links, sent_photo
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
    return jsonify(**read_state())


@camera.get("/connection", websocket=True)
def connection() -> ResponseReturnValue:
    """A WebSocket: numbered JPEG frames in, faces out."""
    _check_origin()
    return open_camera(still_signed_in())


@camera.post("/snapshots")
@one_at_a_time()
def keep_snapshot() -> ResponseReturnValue:
    """Store one frame in the library."""
    _, data = sent_photo()
    kept = keep_in_library(data, kind=SourceKind.CAMERA, location=camera_location())
    return jsonify(page_links(kept)), 201


def read_state() -> dict[str, int]:
    """Open cameras, and the most there may be. Raises TransientError where no further one can be opened."""
    taken = check_seats()
    with Asker(settings()) as asker:
        asker.check(Desk.FRAMES)
    return {"cameras": taken, "most": settings().live_cameras}


def open_camera(may_go_on: Callable[[], bool]) -> Response:
    """The connection of a camera, for pages and programs; it ends once `may_go_on` says so."""
    seat, asker = take_seat(), Asker(settings())
    try:
        asker.check(Desk.FRAMES)
        return CameraResponse(handshake(request), asker, seat, may_go_on=may_go_on)
    except BaseException:
        asker.close()
        seat.release()
        raise


def camera_location() -> str:
    """The source of a frame that is kept now: which camera it was, nobody knows."""
    return f"Camera, {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def _check_origin() -> None:
    """Accept only our own pages: browsers send cookies with a WebSocket from any page, and no CSRF token."""
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
        raise InputError("camera_origin", "Another site's page may not use the camera connection.")
