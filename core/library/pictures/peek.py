"""A small upright JPEG of a file that no job has read yet, so that nothing is known about it."""

import base64
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from core.errors import InputError
from core.library.pictures.convert import picture_jpeg

#: Formats that are shown; others have a name only.
_SHOWN = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_MOST_PIXELS = 50_000_000
_LONG_SIDE = 480
_QUALITY = 80
_ORIENTATION = 0x0112


@dataclass(frozen=True, kw_only=True)
class Peek:
    """A small picture, and the size of the upright photo in pixels."""

    width: int
    height: int
    jpeg: bytes

    @property
    def data_url(self) -> str:
        """The picture as an address for a page."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode()


def peek_jpeg(data: bytes) -> Peek:
    """Raises InputError photo_damaged for no picture of a common format, or one of over 50 million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=_SHOWN) as image:
                (width, height), format_ = image.size, image.format or ""
                is_turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception as error:
        raise InputError("photo_damaged", "The picture cannot be shown.") from error
    if width * height > _MOST_PIXELS:
        raise InputError("photo_damaged", "The picture is too large to be shown here.")
    made = picture_jpeg(data, format_, long_side=_LONG_SIDE, quality=_QUALITY)
    return Peek(width=height if is_turned else width, height=width if is_turned else height, jpeg=made)
