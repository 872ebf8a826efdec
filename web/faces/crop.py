"""A face's crop as a JPEG, made at the first look and kept in the data folder."""

from collections.abc import Callable
from pathlib import Path

from core.settings import Settings
from models import Face, Photo
from web.photos.picture import face_jpeg
from web.photos.thumbnail import keep

#: Sides in pixels that a page may ask for: grid, queue, and a large look.
SIDES = (112, 224, 448)
#: Side of the square in face sizes: a little more around than the classifier sees.
CONTEXT = 1.8


def crop_path(settings: Settings, photo: Photo, face: Face, side: int) -> Path:
    """Where the crop is or would be; the name says what of which photo it shows."""
    box = "-".join(f"{round(10 * edge)}" for edge in (face.x1, face.y1, face.x2, face.y2))
    return settings.data / "crops" / photo.sha256[:2] / f"{photo.sha256}-{box}-{side}.jpg"


def read_crop(settings: Settings, photo: Photo, face: Face, side: int, read: Callable[[], bytes]) -> bytes:
    """JPEG bytes; `read` gives the photo's own where the crop has to be made."""
    path = crop_path(settings, photo, face, side)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        made = face_jpeg(
            read(), photo.format, box=(face.x1, face.y1, face.x2, face.y2), side=side, context=CONTEXT
        )
        keep(path, made)
        return made
