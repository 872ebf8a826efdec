"""The rows of predictions, with those of the faces that they are for."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import insert_new
from core.detection.face import DetectedFace, FoundFace
from core.predict.extract.store_faces import SeenFace, save_found_faces
from core.predict.results import PhotoRead
from models import Face, Prediction


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
