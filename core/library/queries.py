"""Read a photo of the library, wherever its bytes are."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.library.files.reading import read_unchanged_photo
from core.library.files.store import PhotoStore
from core.settings import Settings
from models import Photo, Source, SourceKind


def read_photo_bytes(session: Session, settings: Settings, photo: Photo) -> bytes:
    """The photo's bytes, from the store or from a folder; their SHA-256 is checked where a folder holds them.

    Raises InputError file_gone when no source has them any more, photo_changed when the file has changed,
    folder_not_allowed when its folder is no longer among those that the service may read.
    """
    if photo.stored:
        with PhotoStore(settings.data / "photos").open(photo.sha256) as file:
            return file.read()
    error = InputError("file_gone", "The photo is no longer at any place where it was found.")
    for location in _folder_locations(session, photo):
        try:
            return read_unchanged_photo(location, photo.sha256, settings)
        except InputError as failure:
            error = failure
    raise error


def _folder_locations(session: Session, photo: Photo) -> list[bytes]:
    """Paths of the photo's file, the latest first."""
    query = select(Source.location).where(Source.photo_id == photo.id, Source.kind == SourceKind.FOLDER)
    return list(session.scalars(query.order_by(Source.id.desc())))
