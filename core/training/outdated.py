"""Whether a preparation holds faces that its dataset has lost: a removal took their photo away."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.face import Box
from core.training.features import face_key
from core.training.prepared import Prepared
from models import DatasetFace, Face, Photo


def is_outdated(session: Session, prepared: Prepared) -> bool:
    """True where the crops of a face that is gone are among its files."""
    faces = session.execute(
        select(Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
        .join(Face, Face.photo_id == Photo.id)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == prepared.dataset_id)
    )
    left = {face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2)) for sha256, x1, y1, x2, y2 in faces}
    return not left.issuperset(prepared.keys)
