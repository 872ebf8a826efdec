"""The faces of a photo as JSON for the box editor."""

from typing import Any

from sqlalchemy.orm import Session

from core.boxes.face import FaceStatus, PhotoFace
from core.boxes.queries import read_face_refs, read_faces_with_status, read_undoable
from core.labels.contested import read_contested
from core.labels.decisions import read_current
from models import Photo


def photo_state(rows: Session, photo: Photo, account_id: int) -> dict[str, Any]:
    """Visible faces, whether all are boxed, and the keys of edits that this person can undo."""
    shown = [
        (face, status)
        for face, status in read_faces_with_status(rows, [photo.id])[photo.id]
        if status is not FaceStatus.HIDDEN
    ]
    refs = read_face_refs(rows, [face for face, _ in shown])
    decisions = read_current(rows, [face.face_id for face, _ in shown])
    own = {face_id for face_id, decision in decisions.items() if decision.account_id == account_id}
    untellable = {face_id for face_id, decision in decisions.items() if decision.cannot_tell}
    contested = read_contested(rows, [face.face_id for face, _ in shown])
    return {
        "faces": [
            _face(face, status, refs[face.face_id], face.face_id in own)
            | {"cannot_tell": face.face_id in untellable, "contested": face.face_id in contested}
            for face, status in shown
        ],
        "boxed": photo.boxed_at is not None,
        "undoable": read_undoable(rows, photo.id, account_id),
    }


def _face(face: PhotoFace, status: FaceStatus, ref: str, own: bool) -> dict[str, Any]:
    return {
        "ref": ref,
        "id": face.face_id,
        "box": [face.x1, face.y1, face.x2, face.y2],
        "status": status.value,
        "drawn": face.drawn,
        "label": face.label,
        "own": own,
        "predicted": face.predicted,
        "confidence": face.confidence,
    }
