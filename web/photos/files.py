"""Addresses of a photo: its thumbnail, a picture that browsers can show, and the original file."""

from tempfile import TemporaryFile

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from core.errors import InputError
from core.library.queries import read_photo_bytes
from models import Photo
from web.extension import database, incoming_folder, settings
from web.photos.picture import browsers_show, picture_jpeg
from web.photos.room import room_for
from web.photos.thumbnail import LONG_SIDE, read_thumbnail

files = Blueprint("files", __name__, url_prefix="/photos/<int:photo_id>")

_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "JPEG2000": "image/jp2",
}
_VIEW_QUALITY = 90
#: Largest answer that is kept in memory until the browser has read it.
_IN_MEMORY = 2 * 2**20


@files.get("/thumbnail")
def thumbnail(photo_id: int) -> ResponseReturnValue:
    """A JPEG of at most 480 pixels a side, upright."""
    photo = _photo(photo_id)
    tag = f"{photo.sha256[:32]}-{LONG_SIDE}"
    if request.if_none_match.contains(tag):
        return answer_picture(b"", "image/jpeg", tag)
    return answer_picture(read_thumbnail(settings(), photo, lambda: _bytes(photo)), "image/jpeg", tag)


@files.get("/view")
def view(photo_id: int) -> ResponseReturnValue:
    """The photo at full size, upright and not animated; the original bytes where browsers show them so."""
    photo = _photo(photo_id)
    tag = f"{photo.sha256[:32]}-view"
    if request.if_none_match.contains(tag):
        return answer_picture(b"", "image/jpeg", tag)
    with room_for(photo):
        data = _bytes(photo)
        if browsers_show(data, photo.format, photo.frames):
            return answer_picture(data, _TYPES[photo.format], tag)
        del data
    with room_for(photo, decoded=True):
        jpeg = picture_jpeg(_bytes(photo), photo.format, long_side=None, quality=_VIEW_QUALITY)
        return answer_picture(jpeg, "image/jpeg", tag)


@files.get("/file")
def original(photo_id: int) -> ResponseReturnValue:
    """The original file."""
    photo = _photo(photo_id)
    mimetype = _TYPES.get(photo.format, "application/octet-stream")
    with room_for(photo):
        return answer_picture(_bytes(photo), mimetype, photo.sha256)


def _photo(photo_id: int) -> Photo:
    with database().read() as rows:
        photo = rows.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def _bytes(photo: Photo) -> bytes:
    with database().read() as rows:
        return read_photo_bytes(rows, settings(), photo)


def _response(data: bytes, mimetype: str) -> Response:
    """Large bytes wait in a file for a browser that reads slowly, not in memory."""
    if len(data) <= _IN_MEMORY:
        return Response(data, mimetype=mimetype)
    file = TemporaryFile("rb+", dir=incoming_folder())  # noqa: SIM115
    file.write(data)
    file.seek(0)
    response = Response(wrap_file(request.environ, file), mimetype=mimetype, direct_passthrough=True)
    response.content_length = len(data)
    response.call_on_close(file.close)
    return response


def answer_picture(data: bytes, mimetype: str, tag: str) -> Response:
    """A response with bytes from outside: no script in them runs, and browsers do not guess another type."""
    response = _response(data, mimetype)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response
