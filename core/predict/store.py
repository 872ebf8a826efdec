"""The database work of predict jobs: listed photos in, waiting photos out, results in."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.options import PredictOptions
from core.photos.store import PhotoStore
from core.predict.counting import PhotoCounts, count_faces
from core.predict.listing import ListedPhoto, UploadedFile
from core.predict.reading import PhotoToRead
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult
from models import (
    Batch,
    BatchKind,
    BatchState,
    ClassifierVersion,
    Extraction,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    Photo,
    Prediction,
    Source,
    SourceKind,
    UploadFile,
)


def read_upload_files(session: Session, upload_id: int) -> list[UploadedFile]:
    """The files of an upload in the order they came."""
    rows = session.scalars(
        select(UploadFile).where(UploadFile.upload_id == upload_id).order_by(UploadFile.ordinal)
    )
    return [
        UploadedFile(
            locator=row.locator, sha256=row.sha256, error_code=row.error_code, error_message=row.error_message
        )
        for row in rows
    ]


def add_listed(session: Session, claim: Claim, listed: Sequence[ListedPhoto], *, batch_photos: int) -> None:
    """Write a slice of the listing, cut into predict batches, and remember how far it came.

    Fenced by the claim's token, so that a listing that lost its lease writes nothing twice.
    """
    batch = lock_held(session, claim)
    first = batch.payload.get("listed", 0)
    session.execute(insert(JobPhoto), [_job_photo(claim.job_id, first + i, p) for i, p in enumerate(listed)])
    batches = _cut(session, claim.job_id, first, len(listed), batch_photos)
    session.execute(insert(Batch), batches)
    batch.payload = {"listed": first + len(listed), "after": listed[-1].locator.hex()}
    refused = sum(photo.error_code is not None for photo in listed)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            photos_found=Job.photos_found + len(listed),
            photos_failed=Job.photos_failed + refused,
            batches_open=Job.batches_open + len(batches),
        )
    )


def end_listing(session: Session, claim: Claim, *, files_ignored: int) -> None:
    """The whole input is listed: its number is now the total."""
    lock_held(session, claim)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(listed=True, stage=BatchKind.PREDICT, files_ignored=files_ignored)
    )


def _job_photo(job_id: int, position: int, listed: ListedPhoto) -> dict[str, Any]:
    refused = listed.error_code is not None
    return {
        "job_id": job_id,
        "position": position,
        "locator": listed.locator,
        "name": listed.name,
        "stored_sha256": listed.stored_sha256,
        "state": JobPhotoState.FAILED if refused else JobPhotoState.WAITING,
        "error_code": listed.error_code,
        "error_message": listed.error_message,
    }


def _cut(session: Session, job_id: int, first: int, count: int, batch_photos: int) -> list[dict[str, Any]]:
    now = read_clock(session)
    return [
        {
            "job_id": job_id,
            "kind": BatchKind.PREDICT,
            "sequence": start,
            "first_position": start,
            "last_position": min(start + batch_photos, first + count) - 1,
            "payload": {},
            "state": BatchState.WAITING,
            "not_before": now,
        }
        for start in range(first, first + count, batch_photos)
    ]


def read_version(session: Session, job_id: int) -> ClassifierVersion:
    """The classifier version that a job was asked for with."""
    return session.scalars(
        select(ClassifierVersion)
        .join(Job, Job.classifier_version_id == ClassifierVersion.id)
        .where(Job.id == job_id)
    ).one()


def read_waiting(
    session: Session, claim: Claim, options: PredictOptions, store: PhotoStore
) -> list[PhotoToRead]:
    """The batch's photos that have no result yet."""
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256)
        .where(*_in_batch(claim), JobPhoto.state == JobPhotoState.WAITING)
        .order_by(JobPhoto.position)
    )
    return [_to_read(position, locator, sha256, options, store) for position, locator, sha256 in rows]


def _in_batch(claim: Claim) -> tuple[Any, ...]:
    return (
        JobPhoto.job_id == claim.job_id,
        JobPhoto.position.between(claim.first_position, claim.last_position),
    )


def _to_read(
    position: int, locator: bytes, sha256: str | None, options: PredictOptions, store: PhotoStore
) -> PhotoToRead:
    if sha256 is None:
        return PhotoToRead(position=position, root=Path(options.folder or ""), relative=locator)
    relative = store.path_of(sha256).relative_to(store.folder)
    return PhotoToRead(position=position, root=store.folder, relative=os.fsencode(relative))


def is_known(session: Session, sha256: str, detector_key: str, classifier_version_id: int) -> bool:
    """True when this detector searched the photo before and this classifier judged every face it found."""
    photo_id = session.scalars(
        select(Extraction.photo_id)
        .join(Photo)
        .where(Photo.sha256 == sha256, Extraction.detector_key == detector_key)
    ).one_or_none()
    if photo_id is None:
        return False
    judged = exists(_prediction_of(classifier_version_id).where(Prediction.face_id == Face.id))
    unjudged = select(Face.id).where(Face.photo_id == photo_id, Face.detector_key == detector_key, ~judged)
    return session.scalars(unjudged.limit(1)).one_or_none() is None


def _prediction_of(classifier_version_id: int) -> Any:
    return select(Prediction.id).where(Prediction.classifier_version_id == classifier_version_id)


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
    ids = _save_photos(session, claim, read)
    _save_faces(session, read, ids, detector_key, classifier_version_id)
    job = session.get_one(Job, claim.job_id)
    options = PredictOptions.from_json(job.options)
    counts = count_faces(
        session,
        list(ids.values()),
        detector_key=detector_key,
        classifier_version_id=classifier_version_id,
        indeterminate_below=options.indeterminate_below,
    )
    _save_job_photos(session, claim, results, ids, counts)
    _save_counters(session, claim, results, [counts[ids[r.sha256]] for r in read], detector_key)


def _save_photos(session: Session, claim: Claim, read: Sequence[PhotoRead]) -> dict[str, int]:
    """Photo ids by SHA-256, of new and of known photos."""
    now = read_clock(session)
    job_photos = _job_photo_places(session, claim)
    new = {r.sha256: r for r in read if r.faces is not None}
    stored = {r.sha256 for r in read if job_photos[r.position][1]}
    insert_new(session, Photo, [_photo_row(r, r.sha256 in stored, now) for r in new.values()], ["sha256"])
    hashes = {r.sha256 for r in read}
    ids = {
        sha: pk for sha, pk in session.execute(select(Photo.sha256, Photo.id).where(Photo.sha256.in_(hashes)))
    }
    sources = [_source_row(ids[r.sha256], claim.job_id, *job_photos[r.position], now) for r in read]
    insert_new(session, Source, sources, ["photo_id", "kind", "location_sha256"])
    newly_stored = update(Photo).where(Photo.sha256.in_(stored), ~Photo.stored).values(stored=True)
    session.execute(newly_stored)
    return ids


def _job_photo_places(session: Session, claim: Claim) -> dict[int, tuple[bytes, bool, str]]:
    """By position: absolute path or upload name, whether the bytes are in the store, display text."""
    options = PredictOptions.from_json(session.get_one(Job, claim.job_id).options)
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256, JobPhoto.name).where(
            *_in_batch(claim)
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


def _photo_row(read: PhotoRead, stored: bool, now: Any) -> dict[str, Any]:
    return {
        "sha256": read.sha256,
        "bytes": read.bytes,
        "width": read.width,
        "height": read.height,
        "format": read.format,
        "frames": read.frames,
        "stored": stored,
        "created_at": now,
    }


def _source_row(
    photo_id: int, job_id: int, location: bytes, stored: bool, name: str, now: Any
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


def _save_faces(
    session: Session,
    read: Sequence[PhotoRead],
    ids: dict[str, int],
    detector_key: str,
    classifier_version_id: int,
) -> None:
    searched = {ids[r.sha256]: r.faces for r in read if r.faces is not None}
    now = read_clock(session)
    extractions = [
        {"photo_id": photo_id, "detector_key": detector_key, "faces": len(faces), "created_at": now}
        for photo_id, faces in searched.items()
    ]
    insert_new(session, Extraction, extractions, ["photo_id", "detector_key"])
    faces = [
        _face_row(photo_id, detector_key, ordinal, face, now)
        for photo_id, found in searched.items()
        for ordinal, face in enumerate(found)
    ]
    insert_new(session, Face, faces, ["photo_id", "detector_key", "ordinal"])
    face_ids = _face_ids(session, list(searched), detector_key)
    predictions = [
        _prediction_row(face_ids[photo_id, ordinal], classifier_version_id, face)
        for photo_id, found in searched.items()
        for ordinal, face in enumerate(found)
    ]
    insert_new(session, Prediction, predictions, ["face_id", "classifier_version_id"])


def _face_row(photo_id: int, detector_key: str, ordinal: int, face: Any, now: Any) -> dict[str, Any]:
    box = face.found.box
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
        "created_at": now,
    }


def _face_ids(session: Session, photo_ids: Sequence[int], detector_key: str) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(Face.photo_id, Face.ordinal, Face.id).where(
            Face.photo_id.in_(photo_ids), Face.detector_key == detector_key
        )
    )
    return {(photo_id, ordinal): face_id for photo_id, ordinal, face_id in rows}


def _prediction_row(face_id: int, classifier_version_id: int, face: Any) -> dict[str, Any]:
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


def _save_job_photos(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoResult],
    ids: dict[str, int],
    counts: dict[int, PhotoCounts],
) -> None:
    row_ids = dict(
        session.execute(select(JobPhoto.position, JobPhoto.id).where(*_in_batch(claim))).tuples().all()
    )
    rows = [_job_photo_update(row_ids[r.position], r, ids, counts) for r in results]
    for state in (JobPhotoState.DONE, JobPhotoState.FAILED):
        group = [row for row in rows if row["state"] is state]
        if group:
            session.execute(update(JobPhoto), group)


def _job_photo_update(
    row_id: int, result: PhotoResult, ids: dict[str, int], counts: dict[int, PhotoCounts]
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


def _save_counters(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoResult],
    counts: Sequence[PhotoCounts],
    detector_key: str,
) -> None:
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            detector_key=detector_key,
            photos_done=Job.photos_done + len(counts),
            photos_failed=Job.photos_failed + len(results) - len(counts),
            photos_without_face=Job.photos_without_face + sum(c.faces == 0 for c in counts),
            faces_with_mask=Job.faces_with_mask + sum(c.with_mask for c in counts),
            faces_without_mask=Job.faces_without_mask + sum(c.without_mask for c in counts),
            faces_incorrect=Job.faces_incorrect + sum(c.incorrect for c in counts),
            faces_indeterminate=Job.faces_indeterminate + sum(c.indeterminate for c in counts),
        )
    )
