"""How photos leave in exports: without metadata unless asked, and with faces covered if asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.library.pictures.anonymise import Anonymise, Cover
from core.library.pictures.convert import encoded
from core.library.pictures.metadata import without_metadata

#: Endings of formats whose usual ending is not their name.
_ENDINGS = {"JPEG": "jpg", "TIFF": "tif", "HEIF": "heic", "JPEG2000": "jp2"}
#: Formats that leave as they are; a photo of any other becomes a JPEG, unless its metadata is kept.
_OWN = frozenset(("JPEG", "PNG", "WEBP", "GIF"))


@dataclass(frozen=True, kw_only=True)
class LeavingPictures:
    """What is done to the photos of an export."""

    #: Leave the files as they are, with EXIF, position and comments. Covered pictures never keep them.
    keep_metadata: bool = False
    anonymise: Anonymise = Anonymise.NONE

    @property
    def changes_bytes(self) -> bool:
        """Whether files differ from the stored ones, so that their SHA-256 does too."""
        return not self.keep_metadata or self.anonymise is not Anonymise.NONE

    def ending(self, photo_format: str) -> str:
        """The ending of a file that leaves, without a dot."""
        own = _ENDINGS.get(photo_format, photo_format.lower())
        return own if not self.changes_bytes or self._stays(photo_format) else _ENDINGS["JPEG"]

    def apply(self, data: bytes, photo_format: str, covers: Sequence[Cover] = ()) -> bytes:
        """The bytes that leave; raises InputError photo_damaged if the photo must be decoded and cannot be.

        Pixels change only where something is covered, or where a format cannot shed its metadata otherwise.
        """
        if not self.changes_bytes:
            return data
        plain = None if covers else without_metadata(data, photo_format)
        if plain is not None:
            return plain
        return encoded(data, photo_format, photo_format if self._stays(photo_format) else "JPEG", covers)

    def _stays(self, photo_format: str) -> bool:
        # A GIF cannot hold the colours of a covered picture.
        return photo_format in _OWN and (photo_format != "GIF" or self.anonymise is Anonymise.NONE)


AS_STORED = LeavingPictures(keep_metadata=True)
