"""Uploads: files that a browser sends before the job that reads them."""

import secrets
import shutil
import time
from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from core import number_text
from core.database import read_clock
from core.errors import InputError, TransientError
from core.library.files.names import is_larger_than_photos
from core.library.files.skipping import SkippedNames
from core.library.files.store import ByteSource, PhotoStore, StoredPhoto, photo_store
from core.library.resumable.partial_file import partial_path
from core.settings import Settings
from models import Job, JobPhoto, JobState, Photo, Upload, UploadFile

LONGEST_NAME = 4096
#: How long an upload is kept after its last bytes, unless a job reads it.
KEPT_FOR = timedelta(days=2)
#: Incomplete files that a message names.
_NAMED = 3
#: Files read into memory at a time.
_AT_ONCE = 1_000
#: The same where an object store is asked about each, while the transaction waits.
_STORED_AT_ONCE = 20


def open_upload(session: Session, account_id: int | None, skipped: SkippedNames | None = None) -> Upload:
    """Create an empty upload; `skipped` is what the browser does not send of the chosen folder."""
    now = read_clock(session)
    upload = Upload(
        token=secrets.token_hex(16),
        account_id=account_id,
        files_skipped=None if skipped is None else skipped.to_json(),
        created_at=now,
        expires_at=now + KEPT_FOR,
    )
    session.add(upload)
    session.flush()
    return upload


def get_upload(session: Session, token: str, account_id: int | None) -> Upload:
    """The account's upload with that token. Raises InputError upload_not_found, upload_expired."""
    return _checked(session, select(Upload).where(Upload.token == token), account_id)


def get_upload_by_id(session: Session, upload_id: int, account_id: int | None) -> Upload:
    """The account's upload with that number. Raises InputError upload_not_found, upload_expired."""
    return _checked(session, select(Upload).where(Upload.id == upload_id), account_id)


def close_upload(session: Session, upload_id: int) -> None:
    """A job is to read the upload: nothing may be added to it from now on.

    Raises InputError upload_empty, upload_expired, and upload_incomplete if a file has not arrived yet.
    """
    found = session.get(Upload, upload_id)
    upload = None if found is None else lock_upload(session, found)
    if upload is None:
        raise InputError("upload_empty", "The upload has no files.")
    if upload.closed_at is not None:
        return
    _require_unexpired(session, upload)
    require_complete(session, upload_id)
    upload.closed_at = read_clock(session)


def require_complete(session: Session, upload_id: int) -> None:
    """Raise InputError upload_incomplete if a file has not arrived yet."""
    missing = select(UploadFile.name).where(UploadFile.upload_id == upload_id, UploadFile.missing > 0)
    names = session.scalars(missing.order_by(UploadFile.ordinal).limit(_NAMED)).all()
    if names:
        raise InputError(
            "upload_incomplete",
            f"Files that have not arrived completely: {', '.join(names)}. Send the rest, or delete them.",
        )


def store_file(
    stream: ByteSource, raw_name: bytes, store: PhotoStore, settings: Settings
) -> StoredPhoto | InputError:
    """Store the bytes before a session is opened, so that a slow browser holds no lock.

    An error of this one file is returned, since it becomes a row of the report. Raises TransientError
    disk_full.
    """
    is_large = is_larger_than_photos(raw_name)
    try:
        return store.put(
            stream, max_bytes=settings.max_upload_bytes if is_large else settings.max_photo_bytes
        )
    except InputError as error:
        return error


def require_space(settings: Settings, size: int) -> None:
    """Raise TransientError disk_full where so many bytes more would leave less than the reserve.

    Jobs fail below the reserve, so an upload must not eat into it.
    """
    free = shutil.disk_usage(settings.data).free
    if free - size < settings.min_free_bytes:
        raise TransientError(
            "disk_full",
            f"The disk has {number_text.size(free)} left, of which "
            f"{number_text.size(settings.min_free_bytes)} are kept free. Make room, then upload again.",
        )


def find_abandoned(session: Session) -> int | None:
    """An upload that has expired and that no job reads; jobs are recognized by their options.

    It reads the options of every job once, so ask for it in a session that holds no lock.
    """
    of_job = Job.options["upload_id"].as_integer()
    query = (
        select(Upload.id)
        .where(
            Upload.expires_at < read_clock(session),
            Upload.id.not_in(select(of_job).where(of_job.is_not(None))),
        )
        .order_by(Upload.id)
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def sweep_upload(session: Session, upload_id: int, settings: Settings) -> bool:
    """Delete some files of an abandoned upload; False if somebody else does.

    Stored files go too, unless another upload or the library has them.
    """
    locked = select(Upload).where(Upload.id == upload_id).with_for_update(skip_locked=True)
    upload = session.scalars(locked).one_or_none()
    if upload is None:
        return False
    query = select(UploadFile).where(UploadFile.upload_id == upload.id).limit(_most_at_once(settings))
    files = session.scalars(query).all()
    for file in files:
        partial_path(photo_store(settings), upload.token, file.ordinal).unlink(missing_ok=True)
    hashes = {file.sha256 for file in files if file.sha256}
    session.execute(delete(UploadFile).where(UploadFile.id.in_([file.id for file in files])))
    used = set(session.scalars(select(UploadFile.sha256).where(UploadFile.sha256.in_(hashes))))
    used |= set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(hashes))))
    for sha256 in hashes - used:
        delete_stored(settings, sha256, older_than=KEPT_FOR.total_seconds())
    if not files:
        session.delete(upload)
    return True


def _most_at_once(settings: Settings) -> int:
    return _STORED_AT_ONCE if settings.files else _AT_ONCE


def delete_stored(settings: Settings, sha256: str, *, older_than: float) -> bool:
    """Delete a stored file, unless somebody stored the same bytes again in the last so many seconds."""
    store = photo_store(settings)
    stored_at = store.stored_at(sha256)
    if stored_at is None or time.time() - stored_at <= older_than:
        return False
    store.delete(sha256)
    return True


def check_stored(session: Session, upload_id: int, settings: Settings) -> None:
    """Raise InputError upload_files_missing if accepted files of an upload are not in the store any more."""
    store = photo_store(settings)
    query = select(UploadFile.name, UploadFile.sha256).where(
        UploadFile.upload_id == upload_id, UploadFile.sha256.is_not(None)
    )
    files = session.execute(query.order_by(UploadFile.ordinal).execution_options(yield_per=_AT_ONCE))
    missing: list[str] = []
    for some in files.partitions():
        gone = store.missing({sha256 for _, sha256 in some if sha256})
        missing += [name for name, sha256 in some if sha256 in gone]
    if missing:
        raise InputError(
            "upload_files_missing",
            f"Uploaded files that are no longer stored: {len(missing):,}, such as {missing[0]}. Upload them "
            "again as a new job.",
        )


def purge_upload(session: Session, upload_id: int, settings: Settings, *, job_id: int) -> int:
    """Delete some rows of the upload of a deleted job, and stored files that nothing else needs.

    Returns how many rows, 0 at the end. Photos that were read stay, since the library shows them; those that
    were not, and archives, go.
    """
    unread = (
        JobPhoto.job_id == job_id, JobPhoto.photo_id.is_(None), JobPhoto.stored_sha256.is_not(None)
    )  # fmt: skip
    # Photos of an archive stand in the job's rows alone.
    rows = session.scalars(select(JobPhoto).where(*unread).limit(_most_at_once(settings))).all()
    if rows:
        _delete_unused(session, settings, {row.stored_sha256 for row in rows if row.stored_sha256}, job_id)
        session.execute(delete(JobPhoto).where(JobPhoto.id.in_([row.id for row in rows])))
        return len(rows)
    query = select(UploadFile).where(UploadFile.upload_id == upload_id).limit(_most_at_once(settings))
    files = session.scalars(query).all()
    session.execute(delete(UploadFile).where(UploadFile.id.in_([file.id for file in files])))
    _delete_unused(session, settings, {file.sha256 for file in files if file.sha256}, job_id)
    if not files:
        session.execute(delete(Upload).where(Upload.id == upload_id))
    return len(files)


def _delete_unused(session: Session, settings: Settings, hashes: set[str], job_id: int) -> None:
    """Delete stored files that neither the library nor an upload has and no other job may still read."""
    may_read = select(Job.id).where(
        Job.state != JobState.DONE, Job.deleted_at.is_(None), Job.id != job_id
    )  # fmt: skip
    users = (
        select(Photo.sha256).where(Photo.sha256.in_(hashes)),
        select(UploadFile.sha256).where(UploadFile.sha256.in_(hashes)),
        select(JobPhoto.stored_sha256).where(
            JobPhoto.job_id.in_(may_read), JobPhoto.stored_sha256.in_(hashes)
        ),
    )
    for sha256 in hashes.difference(*(session.scalars(query) for query in users)):
        # A purge begins one lease after the deletion: a file that is fresher is being uploaded again.
        delete_stored(settings, sha256, older_than=settings.lease_seconds)


def lock_upload(session: Session, upload: Upload) -> Upload:
    """The upload's current row, locked until the transaction ends: two files never get the same ordinal."""
    return session.scalars(
        select(Upload)
        .where(Upload.id == upload.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _checked(session: Session, query: Select[Upload], account_id: int | None) -> Upload:
    upload = session.scalars(query.where(Upload.account_id == account_id)).one_or_none()
    if upload is None:
        raise InputError("upload_not_found", "This upload does not exist; start it again.")
    _require_unexpired(session, upload)
    return upload


def _require_unexpired(session: Session, upload: Upload) -> None:
    if upload.closed_at is None and upload.expires_at < read_clock(session):
        raise InputError("upload_expired", "This upload has expired; start it again.")
