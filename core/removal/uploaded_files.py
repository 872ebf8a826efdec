"""Stored files of uploads that show photos beside the copies of the library: zips, and unread files."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.library.files.names import is_archive_name
from core.library.uploads import delete_stored
from core.settings import Settings
from models import Job, JobPhoto, JobPhotoState, Photo, UploadFile


def find_archives(session: Session, job_id: int) -> set[str]:
    """Hashes of the zips of a job's upload; its photos have copies of their own."""
    files = session.execute(_other_files(session, job_id)).all()
    return {sha256 for sha256, locator in files if sha256 and is_archive_name(locator)}


def find_unread(session: Session, job_id: int) -> set[str]:
    """Hashes of what was stored for a job and is no photo of the library: damaged photos show people too."""
    failed = select(JobPhoto.stored_sha256).where(
        JobPhoto.job_id == job_id,
        JobPhoto.photo_id.is_(None),
        JobPhoto.state == JobPhotoState.FAILED,
        JobPhoto.stored_sha256.is_not(None),
    )
    found = {sha256 for sha256, _ in session.execute(_other_files(session, job_id)) if sha256}
    return found | {sha256 for sha256 in session.scalars(failed) if sha256}


def _other_files(session: Session, job_id: int) -> Select[str | None, bytes]:
    """Hashes and names of the files of a job's upload that are no photos of the library."""
    upload_id = session.get_one(Job, job_id).options.get("upload_id")
    return select(UploadFile.sha256, UploadFile.locator).where(
        UploadFile.upload_id == upload_id,
        UploadFile.sha256.is_not(None),
        ~exists().where(Photo.sha256 == UploadFile.sha256),
    )


def delete_uploaded(
    session: Session, settings: Settings, hashes: Collection[str], *, cutoff: datetime, seconds: float
) -> int:
    """Delete stored files of uploads that are no photos of the library. Returns how many.

    A file stays where a job that has not ended, or ended after the cutoff, reads it too, and where the same
    bytes were stored again within `seconds`. Call it in a transaction that writes, so that no job is
    requested for the upload meanwhile; "Run again" then says upload_files_missing.
    """
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
