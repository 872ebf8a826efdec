"""Feature vectors of faces, from the cache or computed once and cached.

These functions pass a session on to `queries` and to the photo store: photos are read one by one while
vectors are computed, so that memory holds one photo.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.detection.classifier import Backbone
from core.detection.crop import cut
from core.detection.crop_box import crop_box
from core.detection.decode import decode_photo
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.item_errors import ItemErrors
from core.library.fingerprints.hashes import FACE_SIDE
from core.library.queries import read_photo_bytes
from core.review.queues.queries import read_faces_by_photo, read_feature_keys
from core.settings import Settings
from core.training.features import FeatureCache
from core.training.folder import feature_cache
from models import Face, Photo


@dataclass(frozen=True, kw_only=True)
class PhotoFaces:
    """Faces of one decoded photo, which may be decoded at a reduced size."""

    photo: DecodedPhoto
    faces: tuple[Face, ...]

    @property
    def boxes(self) -> list[Box]:
        """The boxes of the faces, in pixels of the full-size photo."""
        return [crop_box(face, face.detector_key) for face in self.faces]


Result = TypeVar("Result")


def map_photo_faces(
    session: Session,
    settings: Settings,
    face_ids: Sequence[int],
    work: Callable[[PhotoFaces], Result],
    *,
    before_each: Callable[[], None],
) -> Iterator[tuple[tuple[Face, ...], Result]]:
    """Decode the photos of these faces, one by one; yields faces and the result of `work` for each photo.

    Missing and damaged photos are skipped; an error that strikes every photo is raised at the end. A photo is
    decoded at the smallest size at which its smallest face still covers `FACE_SIDE` pixels.
    """
    errors, photos = ItemErrors(), 0
    for row, faces in read_faces_by_photo(session, face_ids):
        before_each()
        photos += 1
        try:
            decoded = PhotoFaces(photo=_decode(session, settings, row, faces), faces=tuple(faces))
            result = work(decoded)
        except Exception as error:
            errors.input_error(error, photo=row.id)
            continue
        yield decoded.faces, result
    errors.check(photos)


def _decode(session: Session, settings: Settings, photo: Photo, faces: Sequence[Face]) -> DecodedPhoto:
    smallest = min(max(1.0, ((f.x2 - f.x1) * (f.y2 - f.y1)) ** 0.5) for f in faces)
    data = read_photo_bytes(session, settings, photo)
    return decode_photo(data, min_scale=min(1.0, FACE_SIDE / smallest))


class FaceEmbedder:
    """The shipped classifier without its last layer; not thread-safe."""

    def __init__(self) -> None:
        self._backbone = Backbone()
        #: Of the classifier's file; vectors are cached under it.
        self.sha256 = self._backbone.sha256
        self._features = self._backbone.pooled_features()

    def embed(self, photo: DecodedPhoto, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Feature vectors float32 (n, d) of faces with boxes in pixels of the full-size photo."""
        corners = np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4)
        frame = self._backbone
        crops = cut(photo.rgb, corners * photo.scale, side=frame.side, context=frame.context, down=frame.down)
        return np.stack([self._embed(crop) for crop in crops])

    def _embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._backbone.run(crop)
        return self._backbone.read(self._features)


#: Vectors written to the cache at a time.
_CACHED_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class FaceVectors:
    """Faces with their vectors."""

    #: Face ids, int64 (n,), in the order requested.
    faces: NDArray[np.int64]
    #: float32 (n, d).
    rows: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.faces) != len(self.rows):
            raise ValueError("faces and vectors differ in length")


def face_vectors(
    session: Session, settings: Settings, face_ids: Sequence[int], *, progress: Callable[[int, int], object]
) -> FaceVectors:
    """Vectors of these faces; faces of missing or damaged photos are left out, unless cached.

    Vectors share the cache with training, so that an interrupted job and later queues reuse them. `progress`
    is called before each photo with the numbers of finished faces and of all faces; it may raise.
    """
    embedder = FaceEmbedder()
    cache = FeatureCache(feature_cache(settings, embedder.sha256))
    keys = read_feature_keys(session, face_ids)
    known = cache.known(keys.values())
    computed: dict[bytes, NDArray[np.float32]] = {}
    missing = [face_id for face_id in face_ids if face_id in keys and keys[face_id] not in known]

    def before_each() -> None:
        progress(len(known) + len(computed), len(keys))

    def embed(decoded: PhotoFaces) -> NDArray[np.float32]:
        return embedder.embed(decoded.photo, decoded.boxes)

    for faces, rows in map_photo_faces(session, settings, missing, embed, before_each=before_each):
        computed |= {keys[face.id]: row for face, row in zip(faces, rows, strict=True)}
        if len(computed) >= _CACHED_AT_ONCE:
            _save(cache, computed)
            known |= computed.keys()
            computed = {}
    _save(cache, computed)
    known |= computed.keys()
    found = [face_id for face_id in face_ids if keys.get(face_id) in known]
    return FaceVectors(faces=np.array(found, np.int64), rows=cache.get([keys[face_id] for face_id in found]))


def _save(cache: FeatureCache, rows: dict[bytes, NDArray[np.float32]]) -> None:
    if rows:
        cache.put(list(rows), np.stack(list(rows.values())))
