"""Read the photo of a request, and store it in the library."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from flask import current_app, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from core.errors import InputError, TransientError
from core.jobs.tick import check_disk
from core.library.files.store import photo_store
from core.live.protocol import PhotoAnswer, detect_photo
from core.live.seats import Seats
from core.live.store import KeptPhoto, keep_photo
from core.number_text import size
from models import SourceKind
from web.accounts.session import current_account
from web.extension import database, settings
from web.one_photo.turns import ClientTurns, refused

#: Photos under way, waiting or in work; more would wait longer than a person does.
_OF_ACCOUNT, _OF_ALL = 2, 8


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """The turn of the signed-in account; TransientError one_photo_at_a_time."""
    turns: ClientTurns = current_app.extensions["photo_turns"]
    with turns.turn(current_account().id):
        yield


def sent_photo() -> tuple[str, bytes]:
    """Name and bytes of the photo; InputError photo_not_sent, empty_file or photo_too_large_bytes."""
    limit = settings().tried_bytes
    try:
        file = request.files.get("photo")
    except RequestEntityTooLarge as error:
        raise _too_large(limit) from error
    if file is None:
        raise InputError("photo_not_sent", "The request contains no photo.")
    with file.stream as stream:
        data = stream.read(limit + 1)
    if not data:
        raise InputError("empty_file", "The file is empty.")
    if len(data) > limit:
        raise _too_large(limit)
    return file.filename or "photo", data


def keep_in_library(data: bytes, *, kind: SourceKind, location: str) -> KeptPhoto:
    """Store the photo and its faces in the library."""
    full = check_disk(settings())
    if full is not None:
        raise full
    # Detect again: store what this service finds, not what a browser claims.
    answer = look_at(data)
    photo_store(settings()).put(BytesIO(data), max_bytes=settings().tried_bytes)
    with database().write() as rows:
        return keep_photo(rows, answer, kind=kind, location=location.encode("utf-8", "surrogatepass"))


def look_at(data: bytes) -> PhotoAnswer:
    """The faces of a photo. Of all web processes together, one account has two under way, and all have eight.

    Raises TransientError one_photo_at_a_time, live_busy, and what `detect_photo` raises.
    """
    seats: Seats = current_app.extensions["seats"]
    own = seats.take(f"photos:{current_account().id}", most=_OF_ACCOUNT)
    if own is None:
        raise refused()
    with own:
        seat = seats.take("photos", most=_OF_ALL)
        if seat is None:
            raise TransientError("live_busy", "Too many photos are waiting. Try again in a moment.")

        def keep() -> None:
            own.keep()
            seat.keep()

        with seat:
            return detect_photo(settings(), data, on_wait=keep)


def page_links(kept: KeptPhoto) -> dict[str, Any]:
    """Addresses of the photo and of the review page of each face."""
    return {
        "photo": kept.photo_id,
        "href": url_for("library.photo_page", photo_id=kept.photo_id),
        "reviews": [url_for("review.face_page", face_id=face_id) for face_id in kept.face_ids],
    }


def _too_large(limit: int) -> InputError:
    return InputError(
        "photo_too_large_bytes", f"The file has more than {size(limit)}. A job reads larger ones."
    )
