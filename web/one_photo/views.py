"""The page for one photo, and the endpoints of its script."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from core.detection.photo import note_words
from core.library.pictures.convert import browsers_show, picture_jpeg
from core.live.protocol import PhotoAnswer
from models import Label, SourceKind
from web.extension import settings
from web.one_photo.sent import keep_in_library, look_at, one_at_a_time, page_links, sent_photo
from web.photos.room import DECODED, picture_room

one_photo = Blueprint("one_photo", __name__, url_prefix="/try")

_QUALITY = 90


@one_photo.get("")
def page() -> ResponseReturnValue:
    """The page."""
    return render_template("one_photo/page.html", most_bytes=settings().tried_bytes)


@one_photo.post("/look")
@one_at_a_time()
def look() -> ResponseReturnValue:
    """Detect the faces of the photo; nothing is stored."""
    _, data = sent_photo()
    answer = look_at(data)
    return jsonify(_shown(answer, data))


@one_photo.post("/picture")
@one_at_a_time()
def picture() -> ResponseReturnValue:
    """The photo as an upright JPEG, for browsers that cannot show its format."""
    _, data = sent_photo()
    # The live process refuses photos that would fill the memory of this process.
    read = look_at(data).read
    with picture_room().hold(read.width * read.height * DECODED):
        jpeg = picture_jpeg(data, read.format, long_side=None, quality=_QUALITY)
    return Response(jpeg, mimetype="image/jpeg", headers={"Cache-Control": "no-store"})


@one_photo.post("/keep")
@one_at_a_time()
def keep() -> ResponseReturnValue:
    """Store the photo in the library; returns the addresses of the photo and its faces."""
    name, data = sent_photo()
    return jsonify(page_links(keep_in_library(data, kind=SourceKind.UPLOAD, location=name))), 201


def _shown(answer: PhotoAnswer, data: bytes) -> dict[str, Any]:
    read = answer.read
    return {
        "width": read.width,
        "height": read.height,
        "note": note_words(read.frames, read.notes),
        "shows": browsers_show(data, read.format, read.frames),
        "faces": [
            {
                "box": vars(face.found.box),
                "score": face.found.score,
                "probabilities": dict(zip(Label, face.probabilities, strict=True)),
            }
            for face in answer.faces
        ],
    }
