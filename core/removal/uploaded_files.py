"""Stored files of uploads that show photos beside the copies of the library: zips, and unread files."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.library.files.names import is_archive_name
from core.library.uploads import delete_stored
from core.settings import Settings
from models import Job, JobPhoto, JobPhotoState, Photo, UploadFile


def delete_archives(
    session: Session, settings: Settings, job_id: int, *, cutoff: datetime, seconds: float
) -> int:
    """Delete the zips of a job's upload; its photos have copies of their own. Returns how many.

    A zip stays where a job that has not ended, or ended after the cutoff, reads it too, and where the same
    bytes were stored again within `seconds`. "Run again" then says upload_files_missing.
    """
    files = session.execute(_files_of(session, job_id)).all()
    hashes = {sha256 for sha256, locator in files if sha256 and is_archive_name(locator)}
    return _delete(session, settings, hashes, cutoff=cutoff, seconds=seconds)


def delete_unread(
    session: Session, settings: Settings, job_id: int, *, cutoff: datetime, seconds: float
) -> int:
    """Delete what was stored for a job and is no photo of the library: damaged photos show people too."""
    failed = select(JobPhoto.stored_sha256).where(
        JobPhoto.job_id == job_id,
        JobPhoto.photo_id.is_(None),
        JobPhoto.state == JobPhotoState.FAILED,
        JobPhoto.stored_sha256.is_not(None),
    )
    hashes = {sha256 for sha256, _ in session.execute(_files_of(session, job_id)) if sha256}
    hashes |= {sha256 for sha256 in session.scalars(failed) if sha256}
    return _delete(session, settings, hashes, cutoff=cutoff, seconds=seconds)


def _files_of(session: Session, job_id: int) -> Select[str | None, bytes]:
    upload_id = session.get_one(Job, job_id).options.get("upload_id")
    return select(UploadFile.sha256, UploadFile.locator).where(
        UploadFile.upload_id == upload_id, UploadFile.sha256.is_not(None)
    )


def _delete(
    session: Session, settings: Settings, hashes: Collection[str], *, cutoff: datetime, seconds: float
) -> int:
    newer = or_(Job.finished_at.is_(None), Job.finished_at > cutoff), Job.deleted_at.is_(None)
    read_by = select(Job.options["upload_id"].as_integer()).where(*newer)
    deleted = 0
    for some in in_slices(hashes):
        kept = set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(some))))
        kept |= set(
            session.scalars(
                select(UploadFile.sha256).where(
                    UploadFile.sha256.in_(some), UploadFile.upload_id.in_(read_by)
                )
            )
        )
        kept |= set(
            session.scalars(
                select(JobPhoto.stored_sha256).where(
                    JobPhoto.stored_sha256.in_(some), JobPhoto.job_id.in_(select(Job.id).where(*newer))
                )
            )
        )
        deleted += sum(delete_stored(settings, sha256, older_than=seconds) for sha256 in set(some) - kept)
    return deleted
