"""Give a job photos of the library to work on: a row each, cut into batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from core.jobs.claim import Claim
from core.jobs.kinds import BatchPayload
from core.jobs.lease import lock_held, note_progress
from core.jobs.store import add_batches, in_range
from models import Job, JobPhoto, JobPhotoState, Photo, Source

#: Photos that are listed in one transaction.
_SLICE = 2_048
#: Positions begin here, so that the first batch of photos and the batch that lists them have other numbers.
_FIRST_POSITION = 1


class LibraryListPayload(BatchPayload):
    """How far a listing of the library came, so that one that was killed goes on from there."""

    listed: int = Field(0, description="Photos listed so far.")
    after: int = Field(0, description="Number of the last listed photo.")


@dataclass(frozen=True, kw_only=True)
class WaitingPhoto:
    """A photo of the library that a batch has to work on."""

    position: int
    photo: Photo

    @property
    def known_sha256(self) -> str:
        """The photo's hash, which is known before its file is read."""
        return self.photo.sha256


def list_slice(
    session: Session, claim: Claim, wanted: Sequence[ColumnElement[bool]], *, batch_photos: int
) -> int:
    """Write a row for the next photos for which all of `wanted` holds, and batches of the claim's kind.

    The number of photos written, 0 at the end. Fenced by the claim's token; what was written stands in the
    batch, so that a listing that was killed goes on where it stopped.
    """
    batch = lock_held(session, claim)
    payload = LibraryListPayload.from_json(batch.payload)
    found = _next_photos(session, wanted, payload.after)
    if not found:
        return 0
    note_progress(batch)
    first = _FIRST_POSITION + payload.listed
    session.execute(insert(JobPhoto), [_row(claim.job_id, first + at, row) for at, row in enumerate(found)])
    add_batches(session, claim.job_id, claim.kind, first=first, count=len(found), batch_photos=batch_photos)
    batch.payload = LibraryListPayload(listed=payload.listed + len(found), after=found[-1].id).to_json()
    session.execute(
        update(Job).where(Job.id == claim.job_id).values(photos_found=Job.photos_found + len(found))
    )
    return len(found)


def read_waiting_photos(session: Session, claim: Claim) -> list[WaitingPhoto]:
    """The photos of the claim's range that have no result yet."""
    rows = session.execute(
        select(JobPhoto.position, Photo)
        .join(Photo, Photo.id == JobPhoto.photo_id)
        .where(*in_range(claim), JobPhoto.state == JobPhotoState.WAITING)
        .order_by(JobPhoto.position)
    )
    return [WaitingPhoto(position=position, photo=photo) for position, photo in rows]


def save_outcome(
    session: Session, claim: Claim, *, faces: dict[int, int], failed: dict[int, tuple[str, str]]
) -> None:
    """Mark the job's rows done (position: faces found) or failed (position: code and message), and count.

    A row that no longer waits is left alone: a removal took its photo away while the batch read it.
    """
    done = sum(
        _mark(session, claim, position, state=JobPhotoState.DONE, faces=count)
        for position, count in faces.items()
    )
    bad = sum(
        _mark(session, claim, position, state=JobPhotoState.FAILED, error_code=code, error_message=message)
        for position, (code, message) in failed.items()
    )
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(photos_done=Job.photos_done + done, photos_failed=Job.photos_failed + bad)
    )


def _next_photos(session: Session, wanted: Sequence[ColumnElement[bool]], after: int) -> Sequence[Any]:
    name = select(func.min(Source.name)).where(Source.photo_id == Photo.id).correlate(Photo).scalar_subquery()
    # A picture that retention deleted cannot be read: it would fail in each of these jobs for ever.
    query = select(Photo.id, Photo.sha256, Photo.stored, name.label("name")).where(Photo.erased_at.is_(None))
    return session.execute(query.where(*wanted, Photo.id > after).order_by(Photo.id).limit(_SLICE)).all()


def _row(job_id: int, position: int, photo: Any) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "position": position,
        "locator": photo.sha256.encode(),
        "name": photo.name or photo.sha256,
        "stored_sha256": photo.sha256 if photo.stored else None,
        "state": JobPhotoState.WAITING,
        "photo_id": photo.id,
    }


def _mark(session: Session, claim: Claim, position: int, **values: Any) -> int:
    """The number of rows changed, 0 or 1."""
    waits = (
        JobPhoto.job_id == claim.job_id,
        JobPhoto.position == position,
        JobPhoto.state == JobPhotoState.WAITING,
    )
    return int(session.execute(update(JobPhoto).where(*waits).values(**values)).rowcount)  # type: ignore[attr-defined]
