"""Rows of files that arrive in several requests."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.library.files.names import display_name, is_larger_than_photos
from core.library.files.store import StoredPhoto
from core.library.uploads import KEPT_FOR, LONGEST_NAME, lock_upload
from core.settings import Settings
from models import Upload, UploadFile

#: An upload's end is moved when it comes so much nearer, not with every request.
_STEP = timedelta(hours=1)
_MOST_FILES = 10_000_000


def find_file(session: Session, upload: Upload, number: int) -> UploadFile | None:
    """The file with this number."""
    query = select(UploadFile).where(UploadFile.upload_id == upload.id, UploadFile.ordinal == number)
    return session.scalars(query).one_or_none()


def get_file(session: Session, upload: Upload, number: int) -> UploadFile:
    """The file with this number. Raises InputError upload_file_not_found."""
    file = find_file(session, upload, number)
    if file is None:
        raise InputError("upload_file_not_found", f"The upload has no file {number}.")
    return file


def list_files(session: Session, upload: Upload, *, after: int, limit: int) -> Sequence[UploadFile]:
    """Up to `limit` files behind a number, -1 for the first ones."""
    query = select(UploadFile).where(UploadFile.upload_id == upload.id, UploadFile.ordinal > after)
    return session.scalars(query.order_by(UploadFile.ordinal).limit(limit)).all()


def begin_file(
    session: Session,
    upload: Upload,
    *,
    raw_name: bytes,
    length: int,
    number: int | None,
    settings: Settings,
    stored: StoredPhoto | InputError | None = None,
) -> UploadFile:
    """Add a file of which nothing has arrived, or one that is `stored`; or return the one that was added.

    A client that chooses the numbers can send a request again: the same number, name and length are the same
    file. A file that is empty or too large is a refused row, which the report shows as failed.
    Raises InputError upload_closed, upload_number_taken, upload_too_large.
    """
    upload = lock_upload(session, upload)
    raw_name = raw_name[:LONGEST_NAME]
    known = None if number is None else find_file(session, upload, number)
    if known is not None:
        return _same_file(known, raw_name, length)
    number = upload.files if number is None else number
    if number >= _MOST_FILES:
        raise InputError("upload_too_large", f"An upload has at most {_MOST_FILES:,} files.")
    refusal = stored if isinstance(stored, InputError) else refusal_of(raw_name, length, settings)
    size = 0 if refusal else length
    check_open(upload, size, settings)
    file = UploadFile(
        upload_id=upload.id,
        ordinal=number,
        locator=raw_name,
        name=display_name(raw_name),
        sha256=stored.sha256 if isinstance(stored, StoredPhoto) else None,
        bytes=size,
        missing=0 if stored else size,
        error_code=refusal and refusal.code,
        error_message=refusal and refusal.message,
    )
    session.add(file)
    upload.files = max(upload.files, number + 1)
    upload.bytes += size
    _keep(session, upload)
    session.flush()
    return file


def check_open(upload: Upload, size: int, settings: Settings) -> None:
    """Raise InputError upload_closed or upload_too_large if so many bytes more may not be added."""
    if upload.closed_at is not None:
        raise InputError("upload_closed", "A job reads this upload already; begin another one.")
    if upload.bytes + size > settings.max_upload_bytes:
        raise InputError("upload_too_large", f"The upload has more than {settings.max_upload_bytes:,} bytes.")


def refusal_of(raw_name: bytes, length: int, settings: Settings) -> InputError | None:
    """Why a file of this name and length is not taken; None if it is."""
    if length == 0:
        return InputError("empty_file", "The file is empty.")
    most = settings.max_upload_bytes if is_larger_than_photos(raw_name) else settings.max_photo_bytes
    if length > most:
        return InputError("photo_too_large_bytes", f"The file has more than {most:,} bytes.")
    return None


def note_received(session: Session, file_id: int, received: int) -> None:
    """Note how many bytes the disk has. The last of them are noted by `note_stored` alone."""
    file = session.get_one(UploadFile, file_id)
    file.missing = max(file.bytes - received, 1)
    _keep(session, session.get_one(Upload, file.upload_id))


def note_digest(session: Session, file_id: int, sha256: str) -> None:
    """Note which bytes are about to be stored: should this process end, the next one knows them."""
    session.get_one(UploadFile, file_id).sha256 = sha256


def note_stored(session: Session, file_id: int) -> None:
    """Note that the file is complete and in the store."""
    session.get_one(UploadFile, file_id).missing = 0


def discard_file(session: Session, upload: Upload, number: int) -> None:
    """Take a file out of an upload; the caller deletes what has arrived of one that is not complete.

    Stored bytes may be those of another upload too; they go with an upload of their own, when it expires.
    Raises InputError upload_closed, upload_file_not_found.
    """
    upload = lock_upload(session, upload)
    if upload.closed_at is not None:
        raise InputError("upload_closed", "A job reads this upload; its files stay.")
    file = get_file(session, upload, number)
    upload.bytes -= file.bytes
    if file.missing or file.sha256 is None:
        session.delete(file)
        return
    now = read_clock(session)
    discarded = Upload(
        token=secrets.token_hex(16), files=1, bytes=file.bytes, created_at=now, expires_at=now + 2 * KEPT_FOR
    )
    session.add(discarded)
    session.flush()
    file.upload_id, file.ordinal = discarded.id, 0


def _same_file(known: UploadFile, raw_name: bytes, length: int) -> UploadFile:
    if known.locator != raw_name or (known.bytes != length and known.error_code is None):
        raise InputError("upload_number_taken", f"File {known.ordinal} of the upload is another one.")
    return known


def _keep(session: Session, upload: Upload) -> None:
    """Move the end of the upload: something has arrived."""
    end = read_clock(session) + KEPT_FOR
    if end - upload.expires_at > _STEP:
        upload.expires_at = end
