"""Crops of faces as JPEG, made on first use and cached in the data folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.library.pictures.anonymise import Cover, covers_tag
from core.library.pictures.convert import face_jpeg
from core.settings import Settings
from core.storage.installation import cache_folder
from models import Face, Photo
from web.photos.room import room_for
from web.photos.thumbnail import keep_picture

#: Sides in pixels that pages may request: for the grid, a list, and a single face.
SIDES = (112, 224, 448)
#: Side of the crop in face sizes: slightly more context than the classifier gets.
CONTEXT = 1.8


def crop_path(settings: Settings, photo: Photo, face: Face, side: int, covers: Sequence[Cover] = ()) -> Path:
    """Path of the cached crop, named by photo hash, box, side, and what is covered."""
    box = "-".join(f"{round(10 * edge)}" for edge in (face.x1, face.y1, face.x2, face.y2))
    covered = f"-{covers_tag(covers)}" if covers else ""
    return cache_folder(settings, "crops") / photo.sha256[:2] / f"{photo.sha256}-{box}-{side}{covered}.jpg"


def read_crop(
    settings: Settings,
    photo: Photo,
    face: Face,
    side: int,
    read: Callable[[], bytes],
    covers: Sequence[Cover] = (),
) -> bytes:
    """The crop as JPEG; `read` returns the bytes of the photo if the crop has to be made."""
    path = crop_path(settings, photo, face, side, covers)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        box = (face.x1, face.y1, face.x2, face.y2)
        with room_for(photo, decoded=True):
            made = face_jpeg(read(), photo.format, box=box, side=side, context=CONTEXT, covers=covers)
        keep_picture(path, made, photo)
        return made
