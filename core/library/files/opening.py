"""Get the bytes of a photo that is in the database, wherever they lie."""

import hashlib
import os
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.library.files.reading import read_photo
from core.library.files.store import PhotoStore
from core.settings import Settings
from models import Photo, Source, SourceKind


def open_photo_bytes(session: Session, settings: Settings, photo: Photo) -> bytes:
    """The photo's bytes, known to be the same that were read first.

    Raises InputError file_gone when no source has them any more, photo_changed when one has others,
    folder_not_allowed when its folder is no longer among those that may be read.
    """
    if photo.stored:
        with PhotoStore(settings.data / "photos").open(photo.sha256) as file:
            return file.read()
    error = InputError("file_gone", "The photo is no longer at any place where it was found.")
    for location in _places(session, photo):
        try:
            return _read_same(location, photo.sha256, settings)
        except InputError as failure:
            error = failure
    raise error


def _places(session: Session, photo: Photo) -> list[bytes]:
    query = select(Source.location).where(Source.photo_id == photo.id, Source.kind == SourceKind.FOLDER)
    return list(session.scalars(query.order_by(Source.id.desc())))


def _read_same(location: bytes, sha256: str, settings: Settings) -> bytes:
    path = Path(os.fsdecode(location))
    root = next((root for root in settings.roots if path.is_relative_to(root)), None)
    if root is None:
        raise InputError("folder_not_allowed", "The photo's folder is not among those that may be read.")
    data = read_photo(root, os.fsencode(path.relative_to(root)), max_bytes=settings.max_photo_bytes)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError("photo_changed", "The file has changed since it was read.")
    return data
