"""The view that returns the crop of a face."""

from flask import Blueprint, Response, request

from core.errors import InputError
from core.library.queries import read_photo_bytes
from models import Face, Photo
from web.extension import database, settings, whole_database
from web.faces.crop import SIDES, crop_path, read_crop
from web.numbers import query_number
from web.photos.anonymised import covers_for_reader
from web.photos.deleted_picture import deleted_picture
from web.photos.files import answer_picture

faces = Blueprint("faces", __name__, url_prefix="/faces/<int:face_id>")


@faces.get("/crop")
def crop(face_id: int) -> Response:
    """A square JPEG around the face; `side` is 112, 224 (default) or 448 pixels."""
    side = query_number("side", 224)
    if side not in SIDES:
        raise InputError(
            "option_invalid", f"The side of a crop must be one of {', '.join(map(str, SIDES))} pixels."
        )
    with database().read() as rows:
        face = rows.get(Face, face_id)
        if face is None:
            raise InputError("face_not_found", f"There is no face {face_id}.")
        photo = rows.get_one(Photo, face.photo_id)
    if photo.erased_at is not None:
        return deleted_picture(side, side)
    covers = covers_for_reader(photo)
    tag = crop_path(settings(), photo, face, side, covers).stem[32:]
    if request.if_none_match.contains(tag):
        return answer_picture(b"", "image/jpeg", tag)
    made = read_crop(settings(), photo, face, side, lambda: _bytes(photo), covers)
    return answer_picture(made, "image/jpeg", tag)


def _bytes(photo: Photo) -> bytes:
    # Any place that has the file will do, also one that a limited account does not see.
    with whole_database().read() as rows:
        return read_photo_bytes(rows, settings(), photo)
