"""What EXIF says of a shot: when it was taken, by the camera's clock, and which camera took it."""

import re
import warnings
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import HeifImageFile

from core.library.fingerprints.shot import Shot

_JPEG = b"\xff\xd8\xff"
_TIME = "%Y:%m:%d %H:%M:%S"
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")
#: Largest distance of a clock from UTC in minutes.
_FARTHEST = 14 * 60
_LONGEST_NAME = 120


def read_shot(data: bytes) -> Shot:
    """Time and camera by EXIF; what EXIF does not have, or not in a readable form, is left out.

    Only JPEG and HEIF files are read: cameras do not write other formats.
    """
    try:
        opener = JpegImageFile if data.startswith(_JPEG) else HeifImageFile
        with opener(BytesIO(data)) as image, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif = image.getexif()
            tags = exif.get_ifd(IFD.Exif)
    # EXIF may contain anything; a photo without a time is still a good photo.
    except Exception:
        return Shot()
    taken_at = _taken_at(tags)
    return Shot(
        taken_at=taken_at,
        taken_offset=_offset(tags) if taken_at else None,
        camera=_camera(exif),
    )


def _taken_at(tags: Mapping[int, Any]) -> str | None:
    try:
        moment = datetime.strptime(_text(tags, Base.DateTimeOriginal), _TIME)
    except ValueError:
        return None
    fraction = _text(tags, Base.SubsecTimeOriginal)
    return moment.isoformat() + (f".{fraction[:6]}" if fraction.isdecimal() else "")


def _offset(tags: Mapping[int, Any]) -> int | None:
    found = _OFFSET.fullmatch(_text(tags, Base.OffsetTimeOriginal))
    if found is None:
        return None
    minutes = 60 * int(found[2]) + int(found[3])
    return None if minutes > _FARTHEST else minutes if found[1] == "+" else -minutes


def _camera(exif: Image.Exif) -> str:
    """Make and model, without the make where the model repeats it: "Canon EOS 5D", "SONY ILCE-7"."""
    make, model = _text(exif, Base.Make), _text(exif, Base.Model)
    name = model if model.casefold().startswith(make.casefold()) else f"{make} {model}"
    return name.strip()[:_LONGEST_NAME]


def _text(tags: Mapping[int, Any], tag: int) -> str:
    """A tag as printable text with single spaces; "" without it."""
    shown = "".join(c if c.isprintable() else " " for c in str(tags.get(tag, "")).replace("\0", " "))
    return " ".join(shown.split())
