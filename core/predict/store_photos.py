"""The rows of read photos and of the places they came from."""

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.jobs.claim import Claim
from core.predict.options import PredictOptions
from core.predict.photo_row import photo_row
from core.predict.results import PhotoRead
from core.predict.store_batch import in_batch
from models import Job, JobPhoto, Photo, Source, SourceKind


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


def _job_photo_places(session: Session, claim: Claim) -> dict[int, tuple[bytes, bool, str]]:
    """By position: absolute path or upload name, whether the bytes are in the store, display text."""
    options = PredictOptions.from_json(session.get_one(Job, claim.job_id).options)
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256, JobPhoto.name).where(
            *in_batch(claim)
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
