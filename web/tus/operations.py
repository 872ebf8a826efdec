"""Begin, continue and delete files of an upload, and tell how much has arrived."""

from flask import Response, request

from core.errors import InputError
from core.library.files.store import StoredPhoto, photo_store
from core.library.resumable.partial_file import hold, partial_path
from core.library.resumable.store import (
    begin_file,
    check_open,
    discard_file,
    find_file,
    get_file,
    refusal_of,
)
from core.library.uploads import require_space, store_file
from models import Upload, UploadFile
from web.errors import error_answer, status_of
from web.extension import database, settings
from web.tus.headers import CONTENT_TYPE, end_header, read_metadata, read_number, require_version
from web.tus.receiving import CUT, Body, UploadPlace, offset_of, receive, recovered, too_long

#: A file of one request that is no larger is stored at once; of a larger one a cut connection leaves a part.
_AT_ONCE = 8 << 20


def create(place: UploadPlace) -> Response:
    """Begin a file, and take the bytes that the request brings of it."""
    require_version()
    length = read_number("Upload-Length")
    name, number = read_metadata()
    size = (request.content_length or 0) if request.mimetype == CONTENT_TYPE else 0
    with database().read() as rows:
        upload = place.find(rows)
        is_known = number is not None and find_file(rows, upload, number) is not None
    if not is_known:
        _check_length(upload, name, length, size)
    if not is_known and 0 < size == length <= _AT_ONCE and refusal_of(name, length, settings()) is None:
        file = _begin(place, name, length, number, _store_at_once(name))
    else:
        file = _begin(place, name, length, number, None)
        if not is_known and size and file.missing:
            file = receive(place, file.ordinal, 0)
    if file.error_code is not None and length:
        error = InputError(file.error_code, file.error_message or "")
        answer = error_answer(status_of(error), error.code, error.message)
    else:
        answer = Response(status=201, headers={"Upload-Offset": str(offset_of(upload, file))})
    answer.headers["Location"] = place.address(file.ordinal)
    return _with_end(answer, upload)


def look(place: UploadPlace, number: int) -> tuple[UploadFile, dict[str, str]]:
    """A file, and the headers that say how much of it has arrived."""
    if request.method == "HEAD":
        require_version()
    with database().read() as rows:
        upload = place.find(rows)
        file = recovered(get_file(rows, upload, number))
    headers = {"Upload-Offset": str(offset_of(upload, file)), "Upload-Length": str(file.bytes)}
    return file, headers | end_header(upload) | {"Cache-Control": "no-store"}


def append(place: UploadPlace, number: int) -> Response:
    """Take the bytes behind those that have arrived; of two requests at once one is refused."""
    require_version()
    if request.mimetype != CONTENT_TYPE:
        raise InputError("content_type_wrong", f"Send the bytes as {CONTENT_TYPE}.")
    file = receive(place, number, read_number("Upload-Offset"))
    with database().read() as rows:
        upload = place.find(rows)
    answer = Response(status=204, headers={"Upload-Offset": str(offset_of(upload, file))})
    return _with_end(answer, upload)


def end(place: UploadPlace, number: int) -> Response:
    """Delete a file of an upload that no job reads yet."""
    require_version()
    with database().read() as rows:
        upload = place.find(rows)
        file = get_file(rows, upload, number)
    if not file.missing:
        _discard(place, number)
    else:
        with hold(partial_path(photo_store(settings()), upload.token, number)) as partial:
            _discard(place, number)
            partial.delete()
    return Response(status=204)


def _store_at_once(name: bytes) -> StoredPhoto | InputError:
    """Store the body; raises InputError upload_cut, since a cut connection is no fault of the file."""
    stored = store_file(Body(), name, photo_store(settings()), settings())
    if isinstance(stored, InputError) and stored.code == CUT:
        raise stored
    return stored


def _begin(
    place: UploadPlace, name: bytes, length: int, number: int | None, stored: StoredPhoto | InputError | None
) -> UploadFile:
    with database().write() as rows:
        return begin_file(
            rows,
            place.find(rows),
            raw_name=name,
            length=length,
            number=number,
            settings=settings(),
            stored=stored,
        )


def _check_length(upload: Upload, name: bytes, length: int, size: int) -> None:
    """Refuse before a byte is read."""
    if size > length:
        raise too_long()
    if refusal_of(name, length, settings()) is None:
        check_open(upload, length, settings())
        require_space(settings(), length)


def _discard(place: UploadPlace, number: int) -> None:
    with database().write() as rows:
        discard_file(rows, place.find(rows), number)


def _with_end(answer: Response, upload: Upload) -> Response:
    answer.headers.update(end_header(upload))
    return answer
