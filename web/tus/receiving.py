"""Write bodies of requests to the disk, in order, by one writer at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from flask import current_app, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import ClientDisconnected

from core import number_text
from core.errors import InputError, TransientError
from core.library.files.store import photo_store
from core.library.resumable.partial_file import PartialFile, hold, partial_path, partial_size
from core.library.resumable.store import get_file, note_digest, note_received, note_stored
from core.library.uploads import require_space
from models import Upload, UploadFile
from web.arriving import MOST_BODY
from web.extension import database, settings

#: The code of a body that ends before its length.
CUT = "upload_cut"
#: Requests with large bodies at once: each holds a thread, and the others are for pages.
_LARGE_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class UploadPlace:
    """The upload that a request is for."""

    find: Callable[[Session], Upload]
    #: The address of the file with this number.
    address: Callable[[int], str]


class UploadRoom(BoundedSemaphore):
    """Room for requests with large bodies."""

    def __init__(self) -> None:
        super().__init__(_LARGE_AT_ONCE)


def receive(place: UploadPlace, number: int, offset: int) -> UploadFile:
    """Write the body behind what has arrived. Raises InputError upload_offset_wrong, upload_too_long."""
    with database().read() as rows:
        upload = place.find(rows)
        file = get_file(rows, upload, number)
    if not file.missing:
        _check_offset(file, offset, file.bytes)
        return file
    with _room(), hold(partial_path(photo_store(settings()), upload.token, number)) as partial:
        file = _read_held(place, number, partial)
        _check_offset(file, offset, min(_noted(file), partial.size) if file.missing else file.bytes)
        require_space(settings(), request.content_length or 0)

        def note(received: int) -> None:
            with database().write() as rows:
                note_received(rows, file.id, received)

        if file.missing:
            reached = partial.write(Body(), offset=offset, most=file.bytes - offset, note=note)
            if reached == file.bytes:
                _store(partial, file)
    with database().read() as rows:
        return get_file(rows, place.find(rows), number)


def _read_held(place: UploadPlace, number: int, partial: PartialFile) -> UploadFile:
    """The file under the lock: it may have grown, become complete or gone meanwhile."""
    try:
        with database().read() as rows:
            file = recovered(get_file(rows, place.find(rows), number))
    except InputError:
        partial.delete()
        raise
    if not file.missing:
        partial.delete()
    return file


def recovered(file: UploadFile) -> UploadFile:
    """A file that was stored by a process that was killed before it could note that."""
    if file.missing and file.sha256 and photo_store(settings()).has(file.sha256):
        with database().write() as rows:
            note_stored(rows, file.id)
        file.missing = 0
    return file


def offset_of(upload: Upload, file: UploadFile) -> int:
    """Bytes of the file that the disk has for certain: those that were noted."""
    if not file.missing:
        return file.bytes
    on_disk = partial_size(partial_path(photo_store(settings()), upload.token, file.ordinal))
    return min(_noted(file), on_disk)


def too_long() -> InputError:
    """The error of a body that is longer than its file."""
    return InputError("upload_too_long", "The body has more bytes than the file was said to have.")


class Body:
    """The body of the request; one that ends early is an error of the client."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes. Raises InputError upload_cut."""
        try:
            return request.stream.read(size)
        except (ClientDisconnected, OSError) as error:
            raise InputError(CUT, "The connection ended before the body did.") from error


def _store(partial: PartialFile, file: UploadFile) -> None:
    """Move a complete file into the store. Whichever step is the last before a kill, none is lost."""
    sha256 = partial.digest()
    with database().write() as rows:
        note_digest(rows, file.id, sha256)
    partial.store(photo_store(settings()), sha256)
    with database().write() as rows:
        note_stored(rows, file.id)


def _noted(file: UploadFile) -> int:
    return file.bytes - file.missing


def _check_offset(file: UploadFile, offset: int, received: int) -> None:
    if offset != received:
        raise InputError(
            "upload_offset_wrong",
            f"{number_text.number(received)} bytes of it have arrived, not {number_text.number(offset)}.",
        )
    if (request.content_length or 0) > file.bytes - offset:
        raise too_long()


@contextmanager
def _room() -> Iterator[None]:
    """Room for a large body; small ones have arrived before a thread answers them."""
    if (request.content_length or 0) <= MOST_BODY:
        yield
        return
    room: UploadRoom = current_app.extensions["upload_room"]
    if not room.acquire(blocking=False):
        raise TransientError("uploads_busy", "Other uploads are being received; try again in a moment.")
    try:
        yield
    finally:
        room.release()
