"""Feature vectors of faces: those that are known are read, the others are computed once and kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.face import Box
from core.review.embedding import FaceEmbedder
from core.review.looking import see_faces
from core.settings import Settings
from core.training.features import FeatureCache, face_key
from core.training.folder import feature_cache
from models import Face, Photo

#: Face ids in one query; vectors that are kept in one go.
_READ, _KEPT = 5_000, 256


@dataclass(frozen=True, kw_only=True)
class FaceVectors:
    """Faces with their vectors."""

    #: int64 (n,), in the order that was asked for.
    faces: NDArray[np.int64]
    #: float32 (n, d).
    rows: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.faces) != len(self.rows):
            raise ValueError("each face has one vector")


def face_vectors(
    session: Session, settings: Settings, face_ids: Sequence[int], *, progress: Callable[[int, int], object]
) -> FaceVectors:
    """Vectors of these faces; those of photos that are gone or damaged, and were never seen, are left out.

    They are kept beside the features of trainings, so that a killed job and the next queue go on from there.
    `progress` is called before each photo with the faces that are known and all of them; it may raise.
    """
    embedder = FaceEmbedder()
    cache = FeatureCache(feature_cache(settings, embedder.sha256))
    keys = _keys(session, face_ids)
    known = cache.known(keys.values())
    waiting: dict[bytes, NDArray[np.float32]] = {}
    missing = [face_id for face_id in face_ids if face_id in keys and keys[face_id] not in known]

    def before_each() -> None:
        progress(len(known) + len(waiting), len(keys))

    for seen in see_faces(session, settings, missing, before_each=before_each):
        rows = embedder.embed(seen.photo, seen.boxes)
        waiting |= {keys[face.id]: row for face, row in zip(seen.faces, rows, strict=True)}
        if len(waiting) >= _KEPT:
            _keep(cache, waiting)
            known |= waiting.keys()
            waiting = {}
    _keep(cache, waiting)
    known |= waiting.keys()
    found = [face_id for face_id in face_ids if keys.get(face_id) in known]
    return FaceVectors(faces=np.array(found, np.int64), rows=cache.get([keys[face_id] for face_id in found]))


def _keep(cache: FeatureCache, rows: dict[bytes, NDArray[np.float32]]) -> None:
    if rows:
        cache.put(list(rows), np.stack(list(rows.values())))


def _keys(session: Session, face_ids: Sequence[int]) -> dict[int, bytes]:
    keys: dict[int, bytes] = {}
    columns = (Face.id, Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
    for start in range(0, len(face_ids), _READ):
        some = Face.id.in_(face_ids[start : start + _READ])
        for face_id, sha256, x1, y1, x2, y2 in session.execute(select(*columns).join(Photo).where(some)):
            keys[face_id] = face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2))
    return keys
