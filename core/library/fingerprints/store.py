"""Write hashes of photos, and hashes and image statistics of faces."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import in_slices
from core.library.fingerprints.photo_hashes import FaceStatistics, Hashed, PhotoHashes
from models import Face, Photo


def hash_columns(hashes: PhotoHashes | None) -> dict[str, Any]:
    """Values of the columns of `Photo`."""
    return {
        "phash": hashes.picture.phash if hashes else None,
        "dhash": hashes.picture.dhash if hashes else None,
        "pixel_hash": hashes.pixels if hashes else None,
    }


def save_hashes(session: Session, found: Mapping[int, Hashed]) -> None:
    """Write hashes and EXIF times by photo id."""
    if found:
        rows = [
            {"id": photo_id, **hash_columns(hashed.hashes), "taken_at": hashed.taken_at}
            for photo_id, hashed in sorted(found.items())
        ]
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
