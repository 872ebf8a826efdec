"""Download the boxed photos as Pascal VOC or COCO."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from core.boxes.export import ExportFormat, export_boxed
from core.boxes.queries import read_boxed_photos
from core.errors import InputError
from core.library.pictures.anonymise import Anonymise
from core.library.pictures.leaving import AS_STORED, LeavingPictures
from core.library.queries import read_photo_bytes
from core.library.selection.model import EVERYTHING, LibrarySelection
from models import Photo
from web.extension import database, settings
from web.library.chosen import read_filter

export = Blueprint("export_boxes", __name__, url_prefix="/boxes/export")


@export.get("/<name>.zip")
def download(name: str) -> ResponseReturnValue:
    """Stream `voc.zip` or `coco.zip` of the photos that the library's filters in the address match.

    `photos=1` includes the photos, without metadata; `metadata=keep` leaves them as they are, and
    `faces=eyes` or `faces=face` covers the faces in them.
    """
    return stream_export(
        name, read_filter(), files=request.args.get("photos") == "1", pictures=read_pictures()
    )


def read_pictures() -> LeavingPictures:
    """How the photos leave, from the address or the form; InputError option_invalid."""
    covered = request.values.get("faces", "") or Anonymise.NONE.value
    if covered not in set(Anonymise):
        raise InputError("option_invalid", "Faces are covered by “eyes” or “face”, or “none”.")
    keep = request.values.get("metadata") == "keep"
    return LeavingPictures(keep_metadata=keep, anonymise=Anonymise(covered))


def stream_export(
    name: str, selection: LibrarySelection, *, files: bool, pictures: LeavingPictures
) -> Response:
    """The zip of the boxed photos of a selection; InputError export_not_found or nothing_to_export."""
    try:
        fmt = ExportFormat(name)
    except ValueError as error:
        raise InputError("export_not_found", "Boxes are exported as voc.zip and coco.zip.") from error
    db, own = database(), settings()
    with db.read() as rows:
        if selection != EVERYTHING and not read_boxed_photos(rows, after_id=0, limit=1, selection=selection):
            raise InputError(
                "nothing_to_export",
                "None of these photos is marked “All faces boxed”, so there is nothing to export.",
            )

    def read_photo(photo: Photo) -> bytes:
        with db.read() as rows:
            return read_photo_bytes(rows, own, photo)

    pieces = export_boxed(
        db.read,
        fmt,
        read_photo=read_photo if files else None,
        selection=selection,
        pictures=pictures if files else AS_STORED,
    )
    response = Response(pieces, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="boxes-{fmt.value}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response
