"""Write the results of a batch, in the transaction that also ends the batch."""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock, rows_changed
from core.detection.face import DetectedFace, FoundFace
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import add_event, in_range
from core.library.fingerprints.photo_hashes import Hashed
from core.library.fingerprints.shot import Shot
from core.library.fingerprints.store import hash_columns, save_hashes, save_missing_shots, shot_columns
from core.predict.final_counts import refresh_touched
from core.predict.options import PredictOptions
from core.predict.queries import PhotoCounts, count_faces
from core.predict.results import MeasuredFace, PhotoFailed, PhotoRead, PhotoResult
from models import (
    EventLevel,
    Extraction,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    Photo,
    Prediction,
    Source,
    SourceKind,
)


def save_results(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoResult],
    *,
    detector_key: str,
    classifier_version_id: int,
) -> None:
    """Write the photos, sources, faces and predictions of a batch, and the job's rows and counters.

    Call it before `finish_batch` in the same transaction. Rows that another job wrote first are kept, and the
    counters come from the rows in the database, so that both agree.
    """
    lock_held(session, claim)
    job = session.get_one(Job, claim.job_id)
    options = PredictOptions.from_json(job.options)
    if options.selection is not None:
        results = _still_waiting(session, claim, results)
    read = sorted((r for r in results if isinstance(r, PhotoRead)), key=lambda r: r.sha256)
    ids = save_photos(session, claim, read) if options.selection is None else _known_photos(session, read)
    save_missing_shots(session, {ids[r.sha256]: r.shot for r in read if r.shot is not None})
    save_faces(session, read, ids, detector_key, classifier_version_id)
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
    refresh_touched(session, ids.values())


def _still_waiting(session: Session, claim: Claim, results: Sequence[PhotoResult]) -> Sequence[PhotoResult]:
    """Without the results of photos that a removal took away while the batch read them."""
    # Locked, as a removal locks them before it deletes the photos.
    waiting = set(
        session.scalars(
            select(JobPhoto.position)
            .where(*in_range(claim), JobPhoto.state == JobPhotoState.WAITING)
            .order_by(JobPhoto.id)
            .with_for_update(key_share=True)
        )
    )
    return [result for result in results if result.position in waiting]


def _known_photos(session: Session, read: Sequence[PhotoRead]) -> dict[str, int]:
    """Ids by SHA-256 of photos of the library; those that were never decoded get hashes and notes."""
    rows = session.execute(
        select(Photo.sha256, Photo.id, Photo.phash).where(Photo.sha256.in_([r.sha256 for r in read]))
    ).all()
    ids = {row.sha256: row.id for row in rows}
    without = {row.sha256 for row in rows if row.phash is None}
    first = {ids[r.sha256]: r for r in read if r.hashes is not None and r.sha256 in without}
    save_hashes(
        session,
        {
            photo_id: Hashed(hashes=r.hashes, shot=r.shot or Shot())
            for photo_id, r in first.items()
            if r.hashes is not None
        },
    )
    notes = [{"id": photo_id, "notes": list(r.notes)} for photo_id, r in sorted(first.items()) if r.notes]
    if notes:
        session.execute(update(Photo), notes)
    return ids


class PhotoSaved(Protocol):
    """A photo of a batch that was read, by a predict or an import job."""

    @property
    def position(self) -> int:
        """`JobPhoto.position`."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of its bytes."""
        ...


def save_job_photos(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoSaved | PhotoFailed],
    ids: dict[str, int],
    counts: dict[int, PhotoCounts],
) -> None:
    """Update the job's rows with the result of each photo; `counts` are by photo id."""
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
    """Add a batch to the job's counters; `counts` are those of the photos that were read."""
    _note_detector(session, claim.job_id, detector_key)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            photos_done=Job.photos_done + len(counts),
            photos_failed=Job.photos_failed + failed,
            photos_without_face=Job.photos_without_face + sum(c.faces == 0 for c in counts),
            faces_with_mask=Job.faces_with_mask + sum(c.with_mask for c in counts),
            faces_without_mask=Job.faces_without_mask + sum(c.without_mask for c in counts),
            faces_incorrect=Job.faces_incorrect + sum(c.incorrect for c in counts),
            faces_indeterminate=Job.faces_indeterminate + sum(c.indeterminate for c in counts),
        )
    )


def _note_detector(session: Session, job_id: int, detector_key: str) -> None:
    """Keep what found the faces of earlier batches, which may be another release's detector."""
    # Other batches have written rows that refer to the job: a lock that they exclude would be a deadlock.
    job = session.get_one(Job, job_id, with_for_update={"key_share": True}, populate_existing=True)
    if job.detector_key == detector_key:
        return
    if job.detector_key is not None:
        job.earlier_detectors = [key for key in job.detector_keys if key != detector_key]
        line = f"The detector changed to {detector_key}; faces that were found before are kept."
        add_event(session, job_id, EventLevel.WARNING, "detector_changed", line)
    job.detector_key = detector_key
    session.flush()


def save_photos(session: Session, claim: Claim, read: Sequence[PhotoRead]) -> dict[str, int]:
    """Write new photos and sources; returns the ids of new and known photos by SHA-256.

    Raises TransientError rows_changed.
    """
    now = read_clock(session)
    job_photos = _job_photo_places(session, claim)
    new = {r.sha256: r for r in read if r.faces is not None}
    stored = {r.sha256 for r in read if job_photos[r.position][1]}
    insert_new(session, Photo, [photo_row(r, r.sha256 in stored, now) for r in new.values()], ["sha256"])
    hashes = {r.sha256 for r in read}
    known = select(Photo.sha256, Photo.id).where(Photo.sha256.in_(hashes))
    ids = dict(session.execute(known).all())
    if hashes - ids.keys():
        # One that was known when the batch read it, and was removed since.
        raise rows_changed()
    sources = [_source_row(ids[r.sha256], claim.job_id, *job_photos[r.position], now) for r in read]
    insert_new(session, Source, sources, ["photo_id", "kind", "way_sha256"])
    newly_stored = update(Photo).where(Photo.sha256.in_(stored), ~Photo.stored).values(stored=True)
    session.execute(newly_stored)
    session.execute(update(Photo).where(*seen_again(hashes)).values(erased_at=None))
    return ids


def seen_again(hashes: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """The condition of erased photos that a job has brought again; their retention begins anew."""
    return Photo.sha256.in_(hashes), Photo.erased_at.is_not(None)


def photo_row(read: PhotoRead, stored: bool, now: datetime) -> dict[str, Any]:
    """A row of `Photo`; `stored` tells whether the photo store has its bytes."""
    return {
        "sha256": read.sha256,
        "bytes": read.bytes,
        "width": read.width,
        "height": read.height,
        "format": read.format,
        "frames": read.frames,
        "notes": list(read.notes),
        "stored": stored,
        **hash_columns(read.hashes),
        **shot_columns(read.shot),
        "created_at": now,
    }


def save_faces(
    session: Session,
    read: Sequence[PhotoRead],
    ids: dict[str, int],
    detector_key: str,
    classifier_version_id: int,
) -> None:
    """Write new extractions, faces and predictions; `ids` are photo ids by SHA-256."""
    searched = {ids[r.sha256]: r for r in read if r.faces is not None}
    save_found_faces(
        session, {photo_id: _measured_faces(r) for photo_id, r in searched.items()}, detector_key
    )
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
    """Write new extractions and faces; returns face ids by photo id and ordinal."""
    measured = {
        photo_id: [MeasuredFace(found=face) for face in faces] for photo_id, faces in searched.items()
    }
    save_found_faces(session, measured, detector_key)
    return _face_ids(session, list(searched), detector_key)


def save_found_faces(
    session: Session, searched: Mapping[int, Sequence[MeasuredFace]], detector_key: str
) -> None:
    """Write new extractions and faces by photo id, faces by falling score."""
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
    """By position: absolute path or upload name, whether the bytes are stored, and the name for display."""
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


def _measured_faces(read: PhotoRead) -> list[MeasuredFace]:
    faces = read.faces or ()
    statistics = read.statistics or (None,) * len(faces)
    return [
        MeasuredFace(found=face.found, statistics=each) for face, each in zip(faces, statistics, strict=True)
    ]


def _face_ids(session: Session, photo_ids: Sequence[int], detector_key: str) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(Face.photo_id, Face.ordinal, Face.id).where(
            Face.photo_id.in_(photo_ids), Face.detector_key == detector_key
        )
    )
    return {(photo_id, ordinal): face_id for photo_id, ordinal, face_id in rows}


def _face_row(
    photo_id: int, detector_key: str, ordinal: int, face: MeasuredFace, now: datetime
) -> dict[str, Any]:
    box, statistics = face.found.box, face.statistics
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
        "blur": statistics.blur if statistics else None,
        "brightness": statistics.brightness if statistics else None,
        "phash": statistics.hashes.phash if statistics else None,
        "dhash": statistics.hashes.dhash if statistics else None,
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
