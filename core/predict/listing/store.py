"""Read the files of an upload, and write the photos and batches of a job."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.kinds import get_kind
from core.jobs.lease import lock_held, note_progress
from core.jobs.store import add_batches, add_event
from core.library.files.folder import FOLDER_UNREADABLE
from core.library.files.names import display_name
from core.library.files.skipping import SkippedNames
from core.number_text import plural
from core.predict.job_kind import LIST_STAGE, ListPayload
from core.predict.listing.photos import ListedPhoto, UploadedFile
from models import EventLevel, Job, JobPhoto, JobPhotoState, Upload, UploadFile

#: Files that the message about an input without photos names.
_NAMED = 3


def read_upload_files(session: Session, upload_id: int) -> list[UploadedFile]:
    """The files of an upload in upload order."""
    rows = session.scalars(
        select(UploadFile).where(UploadFile.upload_id == upload_id).order_by(UploadFile.ordinal)
    )
    return [
        UploadedFile(
            locator=row.locator,
            sha256=row.sha256,
            error_code=row.error_code,
            error_message=row.error_message,
            bytes=row.bytes,
        )
        for row in rows
    ]


def read_skipped_by_browser(session: Session, upload_id: int) -> SkippedNames:
    """What the browser did not send of the folder that was chosen."""
    return SkippedNames.from_json(session.get_one(Upload, upload_id).files_skipped or {})


def read_given(session: Session, job_id: int, *, first: int, limit: int) -> list[ListedPhoto]:
    """The files of another job from a position on, to be read again."""
    query = (
        select(JobPhoto.locator)
        .where(JobPhoto.job_id == job_id, JobPhoto.position >= first)
        .order_by(JobPhoto.position)
        .limit(limit)
    )
    return [ListedPhoto(locator=locator) for locator in session.scalars(query)]


def add_listed(session: Session, claim: Claim, listed: Sequence[ListedPhoto], *, batch_photos: int) -> None:
    """Write a slice of the listing, its batches of the next stage, and how far the listing has come.

    Raises LeaseLost, so that a listing that lost its lease writes nothing twice.
    """
    batch = lock_held(session, claim)
    note_progress(batch)
    first = LIST_STAGE.payload_of(batch).listed
    rows = [job_photo_row(claim.job_id, first + i, p) for i, p in enumerate(listed)]
    _insert_rows(session, rows)
    add_batches(
        session,
        claim.job_id,
        _reading_stage(session, claim.job_id),
        first=first,
        count=len(listed),
        batch_photos=batch_photos,
    )
    batch.payload = ListPayload(
        listed=first + len(listed),
        after=listed[-1].locator.hex(),
        after_folder=listed[-1].error_code == FOLDER_UNREADABLE,
        after_photo=listed[-1].photo_id or 0,
    ).to_json()
    refused = sum(photo.error_code is not None for photo in listed)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            photos_found=Job.photos_found + len(listed),
            photos_failed=Job.photos_failed + refused,
        )
    )


def require_photos(
    session: Session, claim: Claim, skipped: SkippedNames, describing: Collection[bytes] = ()
) -> None:
    """Raise InputError no_photos if the listing found no photo, which fails the job.

    `describing` are the files that would say something about photos; the message counts and names them.
    """
    if session.scalars(select(Job.photos_found).where(Job.id == claim.job_id)).one() == 0:
        sentences = ["The input contains no photos", *skipped.sentences()]
        if describing:
            names = ", ".join(display_name(path) for path in sorted(describing)[:_NAMED])
            more = " ..." if len(describing) > _NAMED else ""
            files = plural(len(describing), "file that describes", "files that describe")
            sentences.insert(1, f"It has {files} photos, by the name: {names}{more}")
        raise InputError("no_photos", " ".join(f"{sentence}." for sentence in sentences))


def end_listing(session: Session, claim: Claim, skipped: SkippedNames) -> None:
    """Mark the input as listed, so that the number of photos found is the total."""
    lock_held(session, claim)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            listed=True,
            stage=_reading_stage(session, claim.job_id),
            files_ignored=skipped.total,
            files_skipped=skipped.to_json(),
        )
    )
    found = session.scalars(select(Job.photos_found).where(Job.id == claim.job_id)).one()
    message = "; ".join([f"Found {found:,} photo{'' if found == 1 else 's'}", *skipped.sentences()])
    add_event(session, claim.job_id, EventLevel.INFO, "job_listed", f"{message}.")


def _insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows without truth separately, so that the column is NULL and not the JSON value null."""
    for has_truth in (True, False):
        group = [row for row in rows if ("truth" in row) is has_truth]
        if group:
            session.execute(insert(JobPhoto), group)


def _reading_stage(session: Session, job_id: int) -> str:
    """The stage after the listing in a job of this kind."""
    job = session.get_one(Job, job_id)
    following = get_kind(job.kind).stage_after(LIST_STAGE.name)
    assert following is not None
    return following.name


def job_photo_row(job_id: int, position: int, listed: ListedPhoto) -> dict[str, Any]:
    """The columns of a new row of a job's files."""
    refused = listed.error_code is not None
    truth = {} if listed.truth is None else {"truth": listed.truth}
    return {
        **truth,
        "job_id": job_id,
        "position": position,
        "locator": listed.locator,
        "name": listed.name,
        "stored_sha256": listed.stored_sha256,
        "photo_id": listed.photo_id,
        "state": JobPhotoState.FAILED if refused else JobPhotoState.WAITING,
        "error_code": listed.error_code,
        "error_message": listed.error_message,
    }
