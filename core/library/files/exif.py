"""When the camera says that a photo was taken."""

from datetime import datetime
from io import BytesIO

from PIL.ExifTags import IFD, Base
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import HeifImageFile

_JPEG = b"\xff\xd8\xff"
_EXIF_TIME = "%Y:%m:%d %H:%M:%S"


def taken_at(data: bytes) -> str | None:
    """ISO time without zone, with the fraction of the second where it is told; None where nothing is.

    Only JPEG and HEIF are asked: other formats do not come from cameras.
    """
    try:
        opener = JpegImageFile if data.startswith(_JPEG) else HeifImageFile
        with opener(BytesIO(data)) as image:
            tags = image.getexif().get_ifd(IFD.Exif)
        moment = datetime.strptime(str(tags[Base.DateTimeOriginal]).strip("\0 "), _EXIF_TIME)
        fraction = str(tags.get(Base.SubsecTimeOriginal, "")).strip("\0 ")
    # EXIF is whatever a program wrote into the file; a photo without a time is as good as any.
    except Exception:
        return None
    return moment.isoformat() + (f".{fraction[:6]}" if fraction.isdecimal() else "")
