"""Thumbnails of the least certain faces, inline in the page, within a byte budget."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from PIL import Image

from core.detection.decode import decode_photo
from core.item_errors import ItemErrors
from core.library.pictures.anonymise import Cover, paint
from core.results.reports.annotation import annotate
from core.results.reports.report_file import OpenBytes, ReadCovers, no_covers
from core.results.reports.rows import FaceRow, PhotoRow

#: Pixels of a thumbnail, which is shown at half its size.
WIDTH, HEIGHT = 320, 240
#: Width of the crop, in widths of the face.
_CONTEXT = 5.0
_QUALITY = 72
#: Bytes of all thumbnails of a page together, in base64.
BUDGET_BYTES = 2_400_000


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """An uncertain photo; `data` is a data: URL, empty if there is no picture."""

    photo: PhotoRow
    face: FaceRow
    data: str
    #: Why there is no picture.
    reason: str


def make_thumbnails(
    photos: list[PhotoRow], open_bytes: OpenBytes | None, read_covers: ReadCovers = no_covers
) -> list[Thumbnail]:
    """A thumbnail around the least certain face of each photo, as many as the budget allows."""
    thumbnails, spent, errors = [], 0, ItemErrors()
    for photo in photos:
        thumbnail = _thumbnail(photo, open_bytes, read_covers, BUDGET_BYTES - spent, errors)
        spent += len(thumbnail.data)
        thumbnails.append(thumbnail)
    return thumbnails


def _thumbnail(
    photo: PhotoRow,
    open_bytes: OpenBytes | None,
    read_covers: ReadCovers,
    budget: int,
    errors: ItemErrors,
) -> Thumbnail:
    unsure = [(face.unsure_score, face) for face in photo.faces if face.unsure_score is not None]
    _, face = min(unsure, key=lambda pair: pair[0])
    if open_bytes is None:
        return Thumbnail(photo=photo, face=face, data="", reason="Pictures were not requested.")
    try:
        jpeg = draw_region(open_bytes(photo), photo, face, read_covers(photo))
    except Exception as error:
        failure = errors.input_error(error, name=photo.name)
        return Thumbnail(photo=photo, face=face, data="", reason=failure.message)
    data = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
    if len(data) > budget:
        return Thumbnail(photo=photo, face=face, data="", reason="Left out to keep the page small.")
    return Thumbnail(photo=photo, face=face, data=data, reason="")


def draw_region(data: bytes, photo: PhotoRow, face: FaceRow, covers: Sequence[Cover] = ()) -> bytes:
    """A JPEG of WIDTH x HEIGHT around the face, with all faces drawn that lie there and this one named.

    The covers are painted over the photo, below the boxes.
    """
    left, top, width, height = _region(photo, face)
    decoded = decode_photo(data, min_scale=min(1.0, WIDTH / width))
    scale = decoded.scale
    crop = (left * scale, top * scale, (left + width) * scale, (top + height) * scale)
    whole = Image.fromarray(decoded.rgb)
    paint(whole, covers, scale=scale)
    image = whole.resize(_fitted(width, height), Image.Resampling.BICUBIC, box=_inside(crop, whole.size))
    moved = [_moved(other, left, top) for other in photo.counted]
    annotate(image, moved, scale=image.width / width, named=face)
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=_QUALITY, optimize=True)
    return jpeg.getvalue()


def _region(photo: PhotoRow, face: FaceRow) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown, in pixels of the full-size photo and inside it."""
    photo_width, photo_height = float(photo.width or 1), float(photo.height or 1)
    side = max(face.x2 - face.x1, (face.y2 - face.y1) * WIDTH / HEIGHT)
    width = min(max(side * _CONTEXT, WIDTH / 2), photo_width)
    height = min(width * HEIGHT / WIDTH, photo_height)
    left = (face.x1 + face.x2 - width) / 2
    top = (face.y1 + face.y2 - height) / 2
    return (
        min(max(left, 0.0), photo_width - width),
        min(max(top, 0.0), photo_height - height),
        width,
        height,
    )


def _fitted(width: float, height: float) -> tuple[int, int]:
    """The largest size of this shape inside WIDTH x HEIGHT."""
    scale = min(WIDTH / width, HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _inside(
    crop: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The crop cut at the picture's edge, which rounding may pass by a part of a pixel."""
    x1, y1, x2, y2 = crop
    return max(x1, 0.0), max(y1, 0.0), min(x2, float(size[0])), min(y2, float(size[1]))


def _moved(face: FaceRow, left: float, top: float) -> FaceRow:
    """The face in a frame that begins at (left, top)."""
    return replace(face, x1=face.x1 - left, y1=face.y1 - top, x2=face.x2 - left, y2=face.y2 - top)
