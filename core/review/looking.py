"""Look at certain faces in their photos, each photo decoded once."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.decode import decode_photo
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.library.files.opening import open_photo_bytes
from core.library.fingerprints.hashes import FACE_SIDE
from core.settings import Settings
from models import Face, Photo

#: Faces whose rows are read at once.
_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class SeenFaces:
    """Faces of one photo, which may be decoded reduced."""

    photo: DecodedPhoto
    faces: tuple[Face, ...]

    @property
    def boxes(self) -> list[Box]:
        """The faces' boxes, in their order."""
        return [Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2) for face in self.faces]


def see_faces(
    session: Session, settings: Settings, face_ids: Sequence[int], *, before_each: Callable[[], None]
) -> Iterator[SeenFaces]:
    """The faces by photo; those of a photo that is gone or damaged are passed over.

    A photo is decoded no larger than its smallest face needs to be told apart.
    """
    for start in range(0, len(face_ids), _AT_ONCE):
        some = face_ids[start : start + _AT_ONCE]
        by_photo: defaultdict[int, list[Face]] = defaultdict(list)
        for face in session.scalars(select(Face).where(Face.id.in_(some)).order_by(Face.photo_id)):
            by_photo[face.photo_id].append(face)
        for photo_id, faces in by_photo.items():
            before_each()
            photo = _decode(session, settings, session.get_one(Photo, photo_id), faces)
            if photo is not None:
                yield SeenFaces(photo=photo, faces=tuple(faces))


def _decode(session: Session, settings: Settings, photo: Photo, faces: Sequence[Face]) -> DecodedPhoto | None:
    smallest = min(max(1.0, ((f.x2 - f.x1) * (f.y2 - f.y1)) ** 0.5) for f in faces)
    try:
        data = open_photo_bytes(session, settings, photo)
        return decode_photo(data, min_scale=min(1.0, FACE_SIDE / smallest))
    except InputError:
        return None
