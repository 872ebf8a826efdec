"""What a finished batch leaves in the database, in the one transaction that also ends the batch."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.predict.counting import PhotoCounts, count_faces
from core.predict.options import PredictOptions
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult
from core.predict.store_batch import in_batch
from core.predict.store_faces import save_faces
from core.predict.store_photos import save_photos
from models import Job, JobPhoto, JobPhotoState


def save_results(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoResult],
    *,
    detector_key: str,
    classifier_version_id: int,
) -> None:
    """Write what a batch found: photos, sources, faces, predictions, the job's rows and counters.

    Call it before `finish_batch` in the same transaction. Rows that another job wrote first are kept, and
    counted from what the database then holds, so that counters and rows agree whoever came first.
    """
    lock_held(session, claim)
    read = sorted((r for r in results if isinstance(r, PhotoRead)), key=lambda r: r.sha256)
    ids = save_photos(session, claim, read)
    save_faces(session, read, ids, detector_key, classifier_version_id)
    job = session.get_one(Job, claim.job_id)
    options = PredictOptions.from_json(job.options)
    counts = count_faces(
        session,
        list(ids.values()),
        detector_key=detector_key,
        classifier_version_id=classifier_version_id,
        indeterminate_below=options.indeterminate_below,
    )
    save_job_photos(session, claim, results, ids, counts)
    of_read = [counts[ids[r.sha256]] for r in read]
    save_counters(session, claim, of_read, failed=len(results) - len(read), detector_key=detector_key)


class PhotoSaved(Protocol):
    """A photo of a batch that was read, whatever was done with it."""

    @property
    def position(self) -> int:
        """Its place in the job."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        ...


def save_job_photos(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoSaved | PhotoFailed],
    ids: dict[str, int],
    counts: dict[int, PhotoCounts],
) -> None:
    """What came of each photo, in the job's rows; `counts` are by photo id."""
    row_ids = dict(session.execute(select(JobPhoto.position, JobPhoto.id).where(*in_batch(claim))).all())
    rows = [_job_photo_update(row_ids[r.position], r, ids, counts) for r in results]
    for state in (JobPhotoState.DONE, JobPhotoState.FAILED):
        group = [row for row in rows if row["state"] is state]
        if group:
            session.execute(update(JobPhoto), group)


def _job_photo_update(
    row_id: int, result: PhotoSaved | PhotoFailed, ids: dict[str, int], counts: dict[int, PhotoCounts]
) -> dict[str, Any]:
    if isinstance(result, PhotoFailed):
        return {
            "id": row_id,
            "state": JobPhotoState.FAILED,
            "error_code": result.code,
            "error_message": result.message,
        }
    photo_id = ids[result.sha256]
    return {"id": row_id, "state": JobPhotoState.DONE, "photo_id": photo_id, **counts[photo_id].to_columns()}


def save_counters(
    session: Session,
    claim: Claim,
    counts: Sequence[PhotoCounts],
    *,
    failed: int,
    detector_key: str,
) -> None:
    """Raise the job's counters by the photos of a batch; `counts` are of those that were read."""
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            detector_key=detector_key,
            photos_done=Job.photos_done + len(counts),
            photos_failed=Job.photos_failed + failed,
            photos_without_face=Job.photos_without_face + sum(c.faces == 0 for c in counts),
            faces_with_mask=Job.faces_with_mask + sum(c.with_mask for c in counts),
            faces_without_mask=Job.faces_without_mask + sum(c.without_mask for c in counts),
            faces_incorrect=Job.faces_incorrect + sum(c.incorrect for c in counts),
            faces_indeterminate=Job.faces_indeterminate + sum(c.indeterminate for c in counts),
        )
    )
