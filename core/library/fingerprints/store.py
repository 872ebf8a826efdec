"""Write hashes of photos, and hashes and image statistics of faces."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import in_slices
from core.library.fingerprints.photo_hashes import FaceStatistics, Hashed, PhotoHashes
from core.library.fingerprints.shot import Shot
from models import Face, Photo


def hash_columns(hashes: PhotoHashes | None) -> dict[str, Any]:
    """Values of the columns of `Photo`."""
    return {
        "phash": hashes.picture.phash if hashes else None,
        "dhash": hashes.picture.dhash if hashes else None,
        "pixel_hash": hashes.pixels if hashes else None,
    }


def shot_columns(shot: Shot | None) -> dict[str, Any]:
    """Values of the columns of `Photo`; NULL where the file was not read."""
    return shot.to_columns() if shot else dict.fromkeys(Shot().to_columns())


def save_hashes(session: Session, found: Mapping[int, Hashed]) -> None:
    """Write hashes, EXIF times and cameras by photo id."""
    if found:
        rows = [
            {"id": photo_id, **hash_columns(hashed.hashes), **hashed.shot.to_columns()}
            for photo_id, hashed in sorted(found.items())
        ]
        session.execute(update(Photo), rows)


def save_missing_shots(session: Session, shots: Mapping[int, Shot]) -> None:
    """Fill in EXIF times and cameras by photo id, of photos that were read before cameras were stored."""
    for some in in_slices(shots):
        unread = session.scalars(select(Photo.id).where(Photo.id.in_(some), Photo.camera.is_(None)))
        rows = [{"id": photo_id, **shots[photo_id].to_columns()} for photo_id in unread]
        if rows:
            session.execute(update(Photo), rows)


def save_face_statistics(session: Session, statistics: Mapping[int, FaceStatistics]) -> None:
    """Fill in missing hashes and statistics by face id; existing values stay."""
    for some in in_slices(statistics):
        for face in session.scalars(select(Face).where(Face.id.in_(some))):
            measured = statistics[face.id]
            if face.blur is None or face.brightness is None:
                face.blur, face.brightness = measured.blur, measured.brightness
            if face.phash is None or face.dhash is None:
                face.phash, face.dhash = measured.hashes.phash, measured.hashes.dhash


def save_pixel_hashes(session: Session, found: Mapping[int, str]) -> None:
    """Write pixel hashes by photo id."""
    if found:
        rows = [{"id": photo_id, "pixel_hash": pixels} for photo_id, pixels in sorted(found.items())]
        session.execute(update(Photo), rows)
