"""Features of removed faces, which trainings keep for every backbone."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.face import Box
from core.settings import Settings
from core.training.features import FeatureCache, face_key
from models import Face, Photo


def feature_keys(session: Session, photo_ids: Sequence[int]) -> list[bytes]:
    """What the features of all faces of these photos are known by."""
    faces = session.execute(
        select(Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
        .join(Face, Face.photo_id == Photo.id)
        .where(Photo.id.in_(photo_ids))
    )
    return [face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2)) for sha256, x1, y1, x2, y2 in faces]


def forget_features(settings: Settings, keys: Sequence[bytes]) -> None:
    """Delete features from every backbone's cache; what is gone already is fine."""
    for path in sorted((settings.data / "features").glob("*.sqlite")):
        FeatureCache(path).delete(keys)
