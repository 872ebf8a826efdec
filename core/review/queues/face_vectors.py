"""Feature vectors of faces: read from the cache where they are known, else computed once and kept."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.classifier import Backbone
from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.library.fingerprints.hashes import FACE_SIDE
from core.library.queries import read_photo_bytes
from core.settings import Settings
from core.training.features import FeatureCache, face_key
from core.training.folder import feature_cache
from models import Face, Photo

#: Faces whose rows are read at once.
_FACES_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class PhotoFaces:
    """Faces of one photo, which may be decoded reduced."""

    photo: DecodedPhoto
    faces: tuple[Face, ...]

    @property
    def boxes(self) -> list[Box]:
        """The faces' boxes, in their order."""
        return [Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2) for face in self.faces]


def read_photo_faces(
    session: Session, settings: Settings, face_ids: Sequence[int], *, before_each: Callable[[], None]
) -> Iterator[PhotoFaces]:
    """The faces by photo; those of a photo that is gone or damaged are passed over.

    A photo is decoded no larger than its smallest face needs to be told apart.
    """
    for start in range(0, len(face_ids), _FACES_AT_ONCE):
        some = face_ids[start : start + _FACES_AT_ONCE]
        by_photo: defaultdict[int, list[Face]] = defaultdict(list)
        for face in session.scalars(select(Face).where(Face.id.in_(some)).order_by(Face.photo_id)):
            by_photo[face.photo_id].append(face)
        for photo_id, faces in by_photo.items():
            before_each()
            photo = _decode(session, settings, session.get_one(Photo, photo_id), faces)
            if photo is not None:
                yield PhotoFaces(photo=photo, faces=tuple(faces))


def _decode(session: Session, settings: Settings, photo: Photo, faces: Sequence[Face]) -> DecodedPhoto | None:
    smallest = min(max(1.0, ((f.x2 - f.x1) * (f.y2 - f.y1)) ** 0.5) for f in faces)
    try:
        data = read_photo_bytes(session, settings, photo)
        return decode_photo(data, min_scale=min(1.0, FACE_SIDE / smallest))
    except InputError:
        return None


class FaceEmbedder:
    """The classifier that comes with Maskloop, cut off before its last layer; not thread-safe."""

    def __init__(self) -> None:
        self._backbone = Backbone()
        #: Of the classifier's file: whose vectors they are.
        self.sha256 = self._backbone.sha256
        self._features = self._backbone.pooled_features()

    def embed(self, photo: DecodedPhoto, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Feature vectors float32 (n, d) of faces, whose boxes are in pixels of the full-size photo."""
        corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4)
        side, context = self._backbone.side, self._backbone.context
        crops = cut(photo.rgb, corners * photo.scale, side=side, context=context)
        return np.stack([self._embed(crop) for crop in crops])

    def _embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._backbone.run(crop)
        return self._backbone.read(self._features)


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

    for seen in read_photo_faces(session, settings, missing, before_each=before_each):
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
