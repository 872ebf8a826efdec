"""Names of files: shown as text, and recognised as photos or archives by their ending."""

import os
import unicodedata

#: Categories that break a line, hide text or turn its direction: control, format, line and paragraph ends.
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Co", "Cn"))
#: Joiners that scripts need inside words and emoji.
_NEEDED = frozenset("\u200c\u200d\ufe0f")


def display_name(raw: bytes) -> str:
    """Text for people: bytes that are not UTF-8 appear as `\\xNN`, hidden characters as `\\n` or `\\uNNNN`.

    Not reversible; the raw bytes are what opens the file.
    """
    return "".join(_visible(character) for character in raw.decode("utf-8", "backslashreplace"))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN or character in _NEEDED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def raw_name(path: str | os.PathLike[str]) -> bytes:
    """The bytes the file system holds for a name that Python gave as text."""
    return os.fsencode(path)


PHOTO_SUFFIXES = frozenset(
    (
        b".jpg", b".jpeg", b".jpe", b".jfif", b".png", b".apng", b".webp", b".gif", b".bmp", b".dib",
        b".tif", b".tiff", b".heic", b".heif", b".hif", b".avif", b".avifs", b".jp2", b".j2k", b".jpx",
        # Not read, but the user meant them as photos: each becomes a row that says so.
        b".psd", b".svg", b".jxl", b".cr2", b".cr3", b".nef", b".arw", b".dng", b".raf", b".orf", b".rw2",
    )
)  # fmt: skip

ARCHIVE_SUFFIXES = frozenset((b".zip", b".tar", b".tgz", b".gz", b".bz2", b".xz", b".7z", b".rar", b".zst"))


def is_photo_name(name: bytes) -> bool:
    """Whether the name's last ending is a picture's."""
    stem, dot, ending = name.rpartition(b".")
    return bool(stem and dot) and dot + ending.lower() in PHOTO_SUFFIXES


def is_archive_name(name: bytes) -> bool:
    """Whether the name's last ending is an archive's."""
    _, dot, ending = name.rpartition(b".")
    return dot + ending.lower() in ARCHIVE_SUFFIXES
