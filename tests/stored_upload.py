"""Files of uploads that are stored already."""

from sqlalchemy.orm import Session

from core.errors import InputError
from core.library.files.store import StoredPhoto
from core.library.resumable.store import begin_file
from core.settings import Settings
from models import Upload, UploadFile


def add_file(
    session: Session, upload: Upload, *, raw_name: bytes, stored: StoredPhoto | InputError, settings: Settings
) -> UploadFile:
    """Add a file that `store_file` stored or refused."""
    length = stored.bytes if isinstance(stored, StoredPhoto) else 0
    return begin_file(
        session, upload, raw_name=raw_name, length=length, number=None, settings=settings, stored=stored
    )
