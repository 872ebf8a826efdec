"""Write hashes of photos, and hashes and statistics of faces."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import in_slices
from core.library.fingerprints.photo_hashes import FaceStatistics, Hashed, PhotoHashes
from models import Face, Photo


def hash_columns(hashes: PhotoHashes | None) -> dict[str, Any]:
    """As `Photo` holds them."""
    return {
        "phash": hashes.picture.phash if hashes else None,
        "dhash": hashes.picture.dhash if hashes else None,
        "pixel_hash": hashes.pixels if hashes else None,
    }


def save_hashes(session: Session, found: Mapping[int, Hashed]) -> None:
    """Write the hashes and times of photos, by id."""
    if found:
        rows = [
            {"id": photo_id, **hash_columns(hashed.hashes), "taken_at": hashed.taken_at}
            for photo_id, hashed in sorted(found.items())
        ]
        session.execute(update(Photo), rows)


def save_face_statistics(session: Session, looks: Mapping[int, FaceStatistics]) -> None:
    """Fill in what is not known yet of faces, by id."""
    for some in in_slices(looks):
        for face in session.scalars(select(Face).where(Face.id.in_(some))):
            look = looks[face.id]
            if face.blur is None or face.brightness is None:
                face.blur, face.brightness = look.blur, look.brightness
            if face.phash is None or face.dhash is None:
                face.phash, face.dhash = look.hashes.phash, look.hashes.dhash


def save_pixel_hashes(session: Session, found: Mapping[int, str]) -> None:
    """Write pixel hashes of photos, by id."""
    if found:
        rows = [{"id": photo_id, "pixel_hash": pixels} for photo_id, pixels in sorted(found.items())]
        session.execute(update(Photo), rows)
