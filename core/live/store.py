"""Write a single photo with its faces to the library."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.errors import PermanentError
from core.library.files.names import display_name
from core.live.protocol import PhotoAnswer
from core.predict.store import photo_row, save_faces, seen_again
from models import ClassifierVersion, Face, Photo, Source, SourceKind


@dataclass(frozen=True, kw_only=True)
class KeptPhoto:
    """Ids of the photo and its faces, in the order of the answer."""

    photo_id: int
    face_ids: tuple[int, ...]


def keep_photo(session: Session, answer: PhotoAnswer, *, kind: SourceKind, location: bytes) -> KeptPhoto:
    """Write the photo, its source, faces and predictions; its bytes must be in the photo store.

    Existing rows are not changed, so that a photo kept twice is one photo.
    """
    version_id = session.scalars(
        select(ClassifierVersion.id).where(ClassifierVersion.sha256 == answer.classifier_sha256)
    ).one_or_none()
    if version_id is None:
        raise PermanentError(
            "classifier_not_registered",
            "The classifier of the live process is not registered in the database.",
        )
    now, sha256 = read_clock(session), answer.read.sha256
    insert_new(session, Photo, [photo_row(answer.read, True, now)], ["sha256"])
    session.execute(update(Photo).where(Photo.sha256 == sha256, ~Photo.stored).values(stored=True))
    session.execute(update(Photo).where(*seen_again({sha256})).values(erased_at=None))
    photo_id = session.scalars(select(Photo.id).where(Photo.sha256 == sha256)).one()
    source = {
        "photo_id": photo_id,
        "kind": kind,
        "location": location,
        "location_sha256": hashlib.sha256(location).digest(),
        "name": display_name(location),
        "created_at": now,
    }
    insert_new(session, Source, [source], ["photo_id", "kind", "way_sha256"])
    save_faces(session, [answer.read], {sha256: photo_id}, answer.detector_key, version_id)
    return KeptPhoto(photo_id=photo_id, face_ids=_face_ids(session, photo_id, answer.detector_key))


def _face_ids(session: Session, photo_id: int, detector_key: str) -> tuple[int, ...]:
    query = select(Face.id).where(Face.photo_id == photo_id, Face.detector_key == detector_key)
    return tuple(session.scalars(query.order_by(Face.ordinal)))
