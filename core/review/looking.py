"""Look at faces one after the other in their photos, each photo decoded once."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.decode import decode_photo
from core.errors import InputError
from core.photos.opening import open_photo_bytes
from core.settings import Settings
from models import Face, Photo

#: Faces whose rows are read at once.
_AT_ONCE = 1_000
#: Pixels a face needs on a side to be told apart; larger photos are decoded reduced.
_ENOUGH_PIXELS = 112.0


@dataclass(frozen=True, kw_only=True)
class SeenFace:
    """A face in the pixels of its decoded photo."""

    face: Face
    #: uint8 (h, w, 3) RGB; may be smaller than the photo.
    rgb: NDArray[np.uint8]
    #: Corners (4,) in pixels of `rgb`.
    box: NDArray[np.float32]


def look_at_faces(
    session: Session, settings: Settings, face_ids: Sequence[int], *, before_each: Callable[[], None]
) -> Iterator[SeenFace]:
    """The faces by photo; those of a photo that is gone or damaged are passed over."""
    for start in range(0, len(face_ids), _AT_ONCE):
        some = face_ids[start : start + _AT_ONCE]
        by_photo: defaultdict[int, list[Face]] = defaultdict(list)
        for face in session.scalars(select(Face).where(Face.id.in_(some)).order_by(Face.photo_id)):
            by_photo[face.photo_id].append(face)
        for photo_id, faces in by_photo.items():
            before_each()
            yield from _look(session, settings, session.get_one(Photo, photo_id), faces)


def _look(session: Session, settings: Settings, photo: Photo, faces: Sequence[Face]) -> Iterator[SeenFace]:
    smallest = min(max(1.0, ((f.x2 - f.x1) * (f.y2 - f.y1)) ** 0.5) for f in faces)
    try:
        data = open_photo_bytes(session, settings, photo)
        decoded = decode_photo(data, min_scale=min(1.0, _ENOUGH_PIXELS / smallest))
    except InputError:
        return
    for face in faces:
        corners = np.array((face.x1, face.y1, face.x2, face.y2), np.float32)
        yield SeenFace(face=face, rgb=decoded.rgb, box=corners * decoded.scale)
