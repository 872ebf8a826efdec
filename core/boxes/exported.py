"""Photos that are marked "all faces boxed", as exports take them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.face import PhotoFace
from core.boxes.reading import standing_faces
from core.library.credits.attribution import Credit
from core.library.credits.store_credits import read_credits
from models import Label, Photo

#: Photos read in one go.
SLICE = 200
#: Class of a face that is boxed and not labelled: detectors learn from it, classifiers do not.
UNLABELLED = "unlabelled"
#: In the order of their numbers in COCO files, from 1.
CLASSES = (Label.WITH_MASK.value, Label.WITHOUT_MASK.value, Label.INCORRECT.value, UNLABELLED)

_ENDINGS = {"JPEG": "jpg", "TIFF": "tif", "HEIF": "heic", "JPEG2000": "jp2"}

#: Opens a session for reading; each slice has its own, so that none is held open while a reader is slow.
Sessions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, kw_only=True)
class ExportedPhoto:
    """One photo with the faces that stand."""

    photo: Photo
    #: Where it came from and whom to name; None where nobody knows.
    credit: Credit | None
    faces: tuple[PhotoFace, ...]

    @property
    def source(self) -> str:
        """Path, upload name or address."""
        return self.credit.place if self.credit else ""

    @property
    def file_name(self) -> str:
        """Unique whatever the photo was called."""
        photo = self.photo
        return f"{photo.sha256}.{_ENDINGS.get(photo.format, photo.format.lower())}"


def class_of(face: PhotoFace) -> str:
    """What somebody decided; predictions are no truth and stay out."""
    return UNLABELLED if face.label is None else face.label.value


def boxed_photos(sessions: Sessions) -> Iterator[ExportedPhoto]:
    """Every photo that is marked, in the order of the ids; memory holds one slice."""
    after = 0
    while True:
        with sessions() as session:
            photos = _photos_after(session, after)
            ids = [photo.id for photo in photos]
            faces, credits = standing_faces(session, ids), read_credits(session, ids)
        for photo in photos:
            yield ExportedPhoto(
                photo=photo, credit=credits.get(photo.id), faces=tuple(faces.get(photo.id, ()))
            )
        if len(photos) < SLICE:
            return
        after = ids[-1]


def _photos_after(session: Session, after: int) -> list[Photo]:
    query = select(Photo).where(Photo.boxed_at.is_not(None), Photo.id > after)
    return list(session.scalars(query.order_by(Photo.id).limit(SLICE)))
