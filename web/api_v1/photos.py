"""Photos of the library: list, read, download, and the boxes of their faces."""

from flask import Response

from core.boxes.queries import get_photo
from core.boxes.store import edit_photo
from core.library.queries import read_credits
from core.library.selection.queries import read_library
from core.results.pages.queries import read_sources
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.photos import (
    BoxEditRequest,
    OnePhoto,
    PhotoAnswer,
    PhotoFaces,
    PhotoList,
    PhotoQuery,
    PhotoSource,
)
from web.boxes.state import photo_state
from web.extension import database
from web.photos.files import original, thumbnail


@api_v1.get("/photos")
@operation(Scope.READ, answer=PhotoList, tag="photos")
def list_all_photos(query: PhotoQuery) -> PhotoList:
    """Photos of the library, newest first, by the filters of its page; every page costs the same.

    Where few photos match, a page may be short or empty although more follow: `next` tells.
    """
    with database().read() as rows:
        page = read_library(rows, query.selection, before=read_cursor(query.after), limit=query.limit)
    return PhotoList(
        photos=[PhotoAnswer.of(each.photo, each.credit) for each in page.photos],
        next=cursor_of(page.older) if page.older is not None else None,
    )


@api_v1.get("/photos/<int:photo_id>")
@operation(Scope.READ, answer=OnePhoto, tag="photos")
def read_one_photo(photo_id: int) -> OnePhoto:
    """One photo with the places it came from."""
    with database().read() as rows:
        photo = get_photo(rows, photo_id)
        credit = read_credits(rows, [photo_id]).get(photo_id)
        sources = [PhotoSource.of(source) for source in read_sources(rows, photo_id)]
    return OnePhoto.of(photo, credit, sources=sources)


@api_v1.get("/photos/<int:photo_id>/file")
@operation(Scope.READ, tag="photos", media="image/*", errors=(410,))
def download_photo(photo_id: int) -> Response:
    """The original file with its metadata; its hash is its ETag, ranges are answered."""
    return original(photo_id)


@api_v1.get("/photos/<int:photo_id>/thumbnail")
@operation(Scope.READ, Scope.REVIEW, tag="photos", media="image/jpeg", errors=(410,))
def download_thumbnail(photo_id: int) -> Response:
    """A JPEG of at most 480 pixels a side, upright, without metadata."""
    return thumbnail(photo_id)


@api_v1.get("/photos/<int:photo_id>/faces")
@operation(Scope.READ, Scope.REVIEW, answer=PhotoFaces, tag="photos")
def read_photo_faces(photo_id: int) -> PhotoFaces:
    """The faces of a photo as the box editor shows them; those of a job are at `/jobs/{id}/faces`."""
    with database().read() as rows:
        return PhotoFaces(**photo_state(rows, get_photo(rows, photo_id), caller().account.id))


@api_v1.post("/photos/<int:photo_id>/edits")
@operation(Scope.REVIEW, answer=PhotoFaces, tag="photos", errors=(409,))
def edit_photo_boxes(photo_id: int, json: BoxEditRequest) -> PhotoFaces:
    """Draw, move, remove, accept or label a box, mark all as boxed, undo, redo; answers the faces."""
    account_id = caller().account.id
    with database().write() as rows:
        edit_photo(rows, photo_id, json.model_dump(exclude_none=True), account_id=account_id)
        return PhotoFaces(**photo_state(rows, get_photo(rows, photo_id), account_id))
