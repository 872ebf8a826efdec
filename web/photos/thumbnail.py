"""Thumbnails of photos, made once and kept in the data folder."""

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from core.library.files.reading import photo_erased
from core.library.pictures.anonymise import Cover, covers_tag
from core.library.pictures.convert import picture_jpeg
from core.settings import Settings
from core.storage.installation import cache_folder
from models import Photo
from web.extension import database
from web.photos.room import room_for

#: Sharp at 240 CSS pixels on a dense screen.
LONG_SIDE = 480
_QUALITY = 80


def thumbnail_path(settings: Settings, sha256: str, covers: Sequence[Cover] = ()) -> Path:
    """Path of the thumbnail, cached or not; the name includes its size, and what is covered."""
    covered = f"-{covers_tag(covers)}" if covers else ""
    return cache_folder(settings, "thumbnails") / sha256[:2] / f"{sha256}-{LONG_SIDE}{covered}.jpg"


def read_thumbnail(
    settings: Settings, photo: Photo, read: Callable[[], bytes], covers: Sequence[Cover] = ()
) -> bytes:
    """JPEG bytes of the thumbnail; `read` returns the photo's bytes if the thumbnail is not cached yet."""
    path = thumbnail_path(settings, photo.sha256, covers)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        with room_for(photo, decoded=True, reduced=True):
            made = picture_jpeg(read(), photo.format, long_side=LONG_SIDE, quality=_QUALITY, covers=covers)
        keep_picture(path, made, photo)
        return made


def keep_picture(path: Path, data: bytes, photo: Photo) -> None:
    """Cache what was made of a photo; InputError photo_erased if it was deleted meanwhile, and nothing stays.

    Who deletes a photo deletes its files once more after its row says so.
    """
    keep(path, data)
    with database().read() as rows:
        now = rows.get(Photo, photo.id)
    if now is None or now.erased_at is not None:
        path.unlink(missing_ok=True)
        raise photo_erased()


def keep(path: Path, data: bytes) -> None:
    """Write whole or not at all, also where two requests make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{secrets.token_hex(8)}")
    try:
        own.write_bytes(data)
        os.replace(own, path)
    finally:
        own.unlink(missing_ok=True)
