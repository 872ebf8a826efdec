"""The rows of found faces and their predictions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.detection.face import DetectedFace, FoundFace
from core.predict.results import PhotoRead
from models import Extraction, Face, Prediction


def save_faces(
    session: Session,
    read: Sequence[PhotoRead],
    ids: dict[str, int],
    detector_key: str,
    classifier_version_id: int,
) -> None:
    """Write searches, faces and predictions that are not there yet; `ids` are photo ids by SHA-256."""
    searched = {ids[r.sha256]: r.faces for r in read if r.faces is not None}
    found = {photo_id: [face.found for face in faces] for photo_id, faces in searched.items()}
    face_ids = save_found(session, found, detector_key)
    predictions = [
        _prediction_row(face_ids[photo_id, ordinal], classifier_version_id, face)
        for photo_id, faces in searched.items()
        for ordinal, face in enumerate(faces)
    ]
    insert_new(session, Prediction, predictions, ["face_id", "classifier_version_id"])


def save_found(
    session: Session, searched: Mapping[int, Sequence[FoundFace]], detector_key: str
) -> dict[tuple[int, int], int]:
    """Write searches by photo id and their faces that are not there yet; ids by photo id and ordinal."""
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
    return _face_ids(session, list(searched), detector_key)


def _face_row(
    photo_id: int, detector_key: str, ordinal: int, face: FoundFace, now: datetime
) -> dict[str, Any]:
    box = face.box
    return {
        "photo_id": photo_id,
        "detector_key": detector_key,
        "ordinal": ordinal,
        "x1": box.x1,
        "y1": box.y1,
        "x2": box.x2,
        "y2": box.y2,
        "score": face.score,
        "landmarks": [[round(x, 1), round(y, 1)] for x, y in face.landmarks],
        "created_at": now,
    }


def _face_ids(session: Session, photo_ids: Sequence[int], detector_key: str) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(Face.photo_id, Face.ordinal, Face.id).where(
            Face.photo_id.in_(photo_ids), Face.detector_key == detector_key
        )
    )
    return {(photo_id, ordinal): face_id for photo_id, ordinal, face_id in rows}


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
