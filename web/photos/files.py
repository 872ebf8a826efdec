"""Addresses of a photo: its thumbnail, a picture that browsers can show, and the original file."""

from collections.abc import Sequence
from tempfile import TemporaryFile

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from core.errors import InputError
from core.library.pictures.anonymise import Anonymise, Cover, covers_tag
from core.library.pictures.convert import browsers_show, picture_jpeg
from core.library.pictures.metadata import without_metadata
from core.library.queries import read_photo_bytes
from models import Photo
from web.extension import database, incoming_folder, settings, whole_database
from web.photos.anonymised import covers_for_reader
from web.photos.deleted_picture import deleted_picture
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
#: A browser shows a picture no longer than a day after it was deleted here.
_KEPT = "private, max-age=86400"
#: Largest answer that is kept in memory until the browser has read it.
_IN_MEMORY = 2 * 2**20


@files.get("/thumbnail")
def thumbnail(photo_id: int) -> Response:
    """A JPEG of at most 480 pixels a side, upright."""
    photo = _photo(photo_id)
    if photo.erased_at is not None:
        return deleted_picture(photo.width, photo.height)
    covers = covers_for_reader(photo)
    tag = _tag(photo, str(LONG_SIDE), covers)
    if request.if_none_match.contains(tag):
        return answer_picture(b"", "image/jpeg", tag)
    made = read_thumbnail(settings(), photo, lambda: _bytes(photo), covers)
    return answer_picture(made, "image/jpeg", tag)


@files.get("/view")
def view(photo_id: int) -> ResponseReturnValue:
    """The photo at full size, upright, not animated, without metadata; not encoded anew where that can be."""
    photo = _photo(photo_id)
    if photo.erased_at is not None:
        return deleted_picture(photo.width, photo.height)
    covers = covers_for_reader(photo)
    tag = _tag(photo, "view", covers)
    if request.if_none_match.contains(tag):
        return answer_picture(b"", "image/jpeg", tag)
    if not covers:
        with room_for(photo):
            plain = without_metadata(_bytes(photo), photo.format)
            if plain is not None and browsers_show(plain, photo.format, photo.frames):
                return answer_picture(plain, _TYPES[photo.format], tag)
    with room_for(photo, decoded=True):
        jpeg = picture_jpeg(_bytes(photo), photo.format, long_side=None, quality=_VIEW_QUALITY, covers=covers)
        return answer_picture(jpeg, "image/jpeg", tag)


@files.get("/file")
def original(photo_id: int) -> Response:
    """The original file with all its metadata; for leads."""
    photo = _photo(photo_id)
    mimetype = _TYPES.get(photo.format, "application/octet-stream")
    with room_for(photo):
        return answer_picture(_bytes(photo), mimetype, photo.sha256)


def _tag(photo: Photo, what: str, covers: Sequence[Cover]) -> str:
    return "-".join(part for part in (photo.sha256[:32], what, covers_tag(covers)) if part)


def _photo(photo_id: int) -> Photo:
    with database().read() as rows:
        photo = rows.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def _bytes(photo: Photo) -> bytes:
    # Any place that has the file will do, also one that a limited account does not see.
    with whole_database().read() as rows:
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
    """A response with bytes from outside: no script in them runs, and browsers do not guess another type.

    Where faces are covered for reviewers, browsers ask again each time: the faces that are known may change,
    and a lead and a reviewer may use the same browser.
    """
    response = _response(data, mimetype)
    response.set_etag(tag)
    covers = Anonymise(settings().reviewer_pictures) is not Anonymise.NONE
    response.headers["Cache-Control"] = "private, no-cache" if covers else _KEPT
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response
