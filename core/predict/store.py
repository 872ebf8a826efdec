"""Write what a finished batch found, in the one transaction that also ends the batch."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.detection.face import DetectedFace, FoundFace
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import in_range
from core.library.fingerprints.store import hash_columns
from core.predict.options import PredictOptions
from core.predict.queries import PhotoCounts, count_faces
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult, SeenFace
from models import Extraction, Face, Job, JobPhoto, JobPhotoState, Photo, Prediction, Source, SourceKind


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
    row_ids = dict(session.execute(select(JobPhoto.position, JobPhoto.id).where(*in_range(claim))).all())
    rows = [_job_photo_update(row_ids[r.position], r, ids, counts) for r in results]
    for state in (JobPhotoState.DONE, JobPhotoState.FAILED):
        group = [row for row in rows if row["state"] is state]
        if group:
            session.execute(update(JobPhoto), group)


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


def save_photos(session: Session, claim: Claim, read: Sequence[PhotoRead]) -> dict[str, int]:
    """Photo ids by SHA-256, of new and of known photos."""
    now = read_clock(session)
    job_photos = _job_photo_places(session, claim)
    new = {r.sha256: r for r in read if r.faces is not None}
    stored = {r.sha256 for r in read if job_photos[r.position][1]}
    insert_new(session, Photo, [photo_row(r, r.sha256 in stored, now) for r in new.values()], ["sha256"])
    hashes = {r.sha256 for r in read}
    known = select(Photo.sha256, Photo.id).where(Photo.sha256.in_(hashes))
    ids = dict(session.execute(known).all())
    sources = [_source_row(ids[r.sha256], claim.job_id, *job_photos[r.position], now) for r in read]
    insert_new(session, Source, sources, ["photo_id", "kind", "way_sha256"])
    newly_stored = update(Photo).where(Photo.sha256.in_(stored), ~Photo.stored).values(stored=True)
    session.execute(newly_stored)
    return ids


def photo_row(read: PhotoRead, stored: bool, now: datetime) -> dict[str, Any]:
    """A row of `Photo`; `stored` says that the photo store has its bytes."""
    return {
        "sha256": read.sha256,
        "bytes": read.bytes,
        "width": read.width,
        "height": read.height,
        "format": read.format,
        "frames": read.frames,
        "stored": stored,
        **hash_columns(read.hashes),
        "taken_at": read.taken_at,
        "created_at": now,
    }


def save_faces(
    session: Session,
    read: Sequence[PhotoRead],
    ids: dict[str, int],
    detector_key: str,
    classifier_version_id: int,
) -> None:
    """Write searches, faces and predictions that are not there yet; `ids` are photo ids by SHA-256."""
    searched = {ids[r.sha256]: r for r in read if r.faces is not None}
    save_found_faces(session, {photo_id: _seen(r) for photo_id, r in searched.items()}, detector_key)
    face_ids = _face_ids(session, list(searched), detector_key)
    predictions = [
        _prediction_row(face_ids[photo_id, ordinal], classifier_version_id, face)
        for photo_id, r in searched.items()
        for ordinal, face in enumerate(r.faces or ())
    ]
    insert_new(session, Prediction, predictions, ["face_id", "classifier_version_id"])


def save_found(
    session: Session, searched: Mapping[int, Sequence[FoundFace]], detector_key: str
) -> dict[tuple[int, int], int]:
    """Write searches by photo id and their faces that are not there yet; ids by photo id and ordinal."""
    seen = {photo_id: [SeenFace(found=face) for face in faces] for photo_id, faces in searched.items()}
    save_found_faces(session, seen, detector_key)
    return _face_ids(session, list(searched), detector_key)


def save_found_faces(session: Session, searched: Mapping[int, Sequence[SeenFace]], detector_key: str) -> None:
    """Write searches and faces, best first, that are not there yet, by photo id."""
    now = read_clock(session)
    extractions = [
        {"photo_id": photo_id, "detector_key": detector_key, "faces": len(faces), "created_at": now}
        for photo_id, faces in searched.items()
    ]
    insert_new(session, Extraction, extractions, ["photo_id", "detector_key"])
    rows = [
        _face_row(photo_id, detector_key, ordinal, face, now)
        for photo_id, faces in searched.items()
        for ordinal, face in enumerate(faces)
    ]
    insert_new(session, Face, rows, ["photo_id", "detector_key", "ordinal"])


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


def _job_photo_places(session: Session, claim: Claim) -> dict[int, tuple[bytes, bool, str]]:
    """By position: absolute path or upload name, whether the bytes are in the store, display text."""
    options = PredictOptions.from_json(session.get_one(Job, claim.job_id).options)
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256, JobPhoto.name).where(
            *in_range(claim)
        )
    )
    root = os.fsencode(options.folder) if options.folder else b""
    return {
        position: (
            locator if sha256 else os.path.join(root, locator),
            sha256 is not None,
            name if sha256 else os.path.join(options.folder or "", name),
        )
        for position, locator, sha256, name in rows
    }


def _source_row(
    photo_id: int, job_id: int, location: bytes, stored: bool, name: str, now: datetime
) -> dict[str, Any]:
    return {
        "photo_id": photo_id,
        "kind": SourceKind.UPLOAD if stored else SourceKind.FOLDER,
        "location": location,
        "location_sha256": hashlib.sha256(location).digest(),
        "name": name,
        "job_id": job_id,
        "created_at": now,
    }


def _seen(read: PhotoRead) -> list[SeenFace]:
    faces = read.faces or ()
    looks = read.looks or (None,) * len(faces)
    return [SeenFace(found=face.found, look=look) for face, look in zip(faces, looks, strict=True)]


def _face_ids(session: Session, photo_ids: Sequence[int], detector_key: str) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(Face.photo_id, Face.ordinal, Face.id).where(
            Face.photo_id.in_(photo_ids), Face.detector_key == detector_key
        )
    )
    return {(photo_id, ordinal): face_id for photo_id, ordinal, face_id in rows}


def _face_row(
    photo_id: int, detector_key: str, ordinal: int, face: SeenFace, now: datetime
) -> dict[str, Any]:
    box, look = face.found.box, face.look
    return {
        "photo_id": photo_id,
        "detector_key": detector_key,
        "ordinal": ordinal,
        "x1": box.x1,
        "y1": box.y1,
        "x2": box.x2,
        "y2": box.y2,
        "score": face.found.score,
        "landmarks": [[round(x, 1), round(y, 1)] for x, y in face.found.landmarks],
        "blur": look.blur if look else None,
        "brightness": look.brightness if look else None,
        "phash": look.hashes.phash if look else None,
        "dhash": look.hashes.dhash if look else None,
        "created_at": now,
    }


def _prediction_row(face_id: int, classifier_version_id: int, face: DetectedFace) -> dict[str, Any]:
    with_mask, without_mask, incorrect, not_a_face = face.probabilities
    return {
        "face_id": face_id,
        "classifier_version_id": classifier_version_id,
        "label": face.label,
        "with_mask": with_mask,
        "without_mask": without_mask,
        "incorrect": incorrect,
        "not_a_face": not_a_face,
    }
