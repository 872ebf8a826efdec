"""Addresses of a photo: its thumbnail, a picture that browsers can show, and the original file."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.library.queries import read_photo_bytes
from models import Photo
from web.extension import database, settings
from web.photos.picture import browsers_show, picture_jpeg
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
    data = _bytes(photo)
    if browsers_show(data, photo.format, photo.frames):
        return answer_picture(data, _TYPES[photo.format], tag)
    return answer_picture(
        picture_jpeg(data, photo.format, long_side=None, quality=_VIEW_QUALITY), "image/jpeg", tag
    )


@files.get("/file")
def original(photo_id: int) -> ResponseReturnValue:
    """The original file."""
    photo = _photo(photo_id)
    return answer_picture(_bytes(photo), _TYPES.get(photo.format, "application/octet-stream"), photo.sha256)


def _photo(photo_id: int) -> Photo:
    with database().read() as rows:
        photo = rows.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def _bytes(photo: Photo) -> bytes:
    with database().read() as rows:
        return read_photo_bytes(rows, settings(), photo)


def answer_picture(data: bytes, mimetype: str, tag: str) -> Response:
    """A response with bytes from outside: no script in them runs, and browsers do not guess another type."""
    response = Response(data, mimetype=mimetype)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response
