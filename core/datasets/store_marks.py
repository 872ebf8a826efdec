"""Which photos with labelled faces are not hashed yet, and their marks once they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.datasets.marks import PhotoMarks
from core.detection.face import Box
from core.library.fingerprints.store import save_looks
from models import Decision, Face, Photo


@dataclass(frozen=True, kw_only=True)
class Unmarked:
    """A photo to be measured, with all of its faces."""

    photo: Photo
    faces: tuple[Face, ...]

    @property
    def boxes(self) -> list[Box]:
        """The faces' boxes, in their order."""
        return [Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2) for face in self.faces]


def count_unmarked(session: Session) -> int:
    """How many photos with labelled faces want measuring."""
    return session.scalars(select(func.count()).select_from(_unmarked().subquery())).one()


def read_unmarked(session: Session, *, after_id: int, limit: int) -> list[Unmarked]:
    """The next photos that want measuring, by id."""
    photos = session.scalars(_unmarked().where(Photo.id > after_id).order_by(Photo.id).limit(limit)).all()
    faces = select(Face).where(Face.photo_id.in_([photo.id for photo in photos])).order_by(Face.id)
    found = session.scalars(faces).all()
    return [
        Unmarked(photo=photo, faces=tuple(face for face in found if face.photo_id == photo.id))
        for photo in photos
    ]


def save_marks(session: Session, photo_id: int, face_ids: Sequence[int], marks: PhotoMarks) -> None:
    """Fill in what is not known yet of a photo and its faces, which are in the order of the marks."""
    photo = session.get_one(Photo, photo_id)
    if photo.phash is None or photo.dhash is None:
        photo.phash, photo.dhash = marks.hashes.picture.phash, marks.hashes.picture.dhash
    photo.pixel_hash = photo.pixel_hash or marks.hashes.pixels
    photo.taken_at = photo.taken_at or marks.taken_at
    save_looks(session, dict(zip(face_ids, marks.faces, strict=True)))


def _unmarked() -> Select[Photo]:
    labelled = exists(
        select(Decision.id)
        .join(Face, Face.id == Decision.face_id)
        .where(Face.photo_id == Photo.id)
        .where(Photo.phash.is_(None) | Face.phash.is_(None) | Face.blur.is_(None))
    )
    return select(Photo).where(labelled)
