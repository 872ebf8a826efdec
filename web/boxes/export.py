"""Download the boxed photos as Pascal VOC or COCO."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from core.boxes.export import ExportFormat, export_boxed
from core.errors import InputError
from core.library.queries import read_photo_bytes
from models import Photo
from web.extension import database, settings

export = Blueprint("export_boxes", __name__, url_prefix="/boxes/export")


@export.get("/<name>.zip")
def download(name: str) -> ResponseReturnValue:
    """Stream `voc.zip` or `coco.zip`; `photos=1` includes the photos."""
    try:
        fmt = ExportFormat(name)
    except ValueError as error:
        raise InputError("export_not_found", "Boxes are exported as voc.zip and coco.zip.") from error
    db, own = database(), settings()

    def read_photo(photo: Photo) -> bytes:
        with db.read() as rows:
            return read_photo_bytes(rows, own, photo)

    wanted = read_photo if request.args.get("photos") == "1" else None
    response = Response(export_boxed(db.read, fmt, read_photo=wanted), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="boxes-{fmt.value}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response
