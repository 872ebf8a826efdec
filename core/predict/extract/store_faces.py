"""The rows of found faces, and of the fact that a photo was searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.detection.face import FoundFace
from core.library.fingerprints.photo_hashes import FaceLook
from models import Extraction, Face


@dataclass(frozen=True, kw_only=True)
class SeenFace:
    """A found face with what was measured of its crop."""

    found: FoundFace
    #: None where it was not measured.
    look: FaceLook | None = None


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
