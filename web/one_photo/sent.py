"""The one photo of a request, and keeping such a photo in the library."""

from io import BytesIO
from typing import Any

from flask import current_app, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from core.errors import InputError
from core.jobs.tick import check_disk
from core.live.asking import ask
from core.live.keeping import KeptPhoto, keep_photo
from core.uploads import photo_store
from models import SourceKind
from web.extension import database, settings

_REVIEW = "review.face_page"


def sent_photo() -> tuple[str, bytes]:
    """Name and bytes. Raises InputError: photo_not_sent, empty_file, photo_too_large_bytes."""
    limit = settings().max_photo_bytes
    try:
        file = request.files.get("photo")
    except RequestEntityTooLarge as error:
        raise _too_large(limit) from error
    if file is None:
        raise InputError("photo_not_sent", "No photo came with the request.")
    with file.stream as stream:
        data = stream.read(limit + 1)
    if not data:
        raise InputError("empty_file", "The file is empty.")
    if len(data) > limit:
        raise _too_large(limit)
    return file.filename or "photo", data


def keep_in_library(data: bytes, *, kind: SourceKind, location: str) -> dict[str, Any]:
    """Put the photo with its faces into the library; where they are to be found."""
    full = check_disk(settings())
    if full is not None:
        raise full
    # Looked at once more: what is kept is what this service found, not what a browser says it did.
    answer = ask(settings(), data)
    photo_store(settings()).put(BytesIO(data), max_bytes=settings().max_photo_bytes)
    with database().write() as rows:
        kept = keep_photo(rows, answer, kind=kind, location=location.encode("utf-8", "surrogatepass"))
    return _links(kept)


def has_reviews() -> bool:
    """True where a kept face can be opened for review."""
    return _REVIEW in current_app.view_functions


def _links(kept: KeptPhoto) -> dict[str, Any]:
    """Addresses of the photo and of each face's review; the review is none of this page's parts."""
    photo = _address("library.photo_page", photo_id=kept.photo_id)
    return {
        "photo": kept.photo_id,
        "href": photo or url_for("files.view", photo_id=kept.photo_id),
        "reviews": [_address(_REVIEW, face_id=face_id) for face_id in kept.face_ids],
    }


def _address(endpoint: str, **values: Any) -> str | None:
    """Address of a page that this installation may not have."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _too_large(limit: int) -> InputError:
    return InputError("photo_too_large_bytes", f"The file has more than {limit:,} bytes.")
