"""Names of files: as display text, and as photos or archives by their extension."""

import os
import unicodedata

#: Unicode categories that break lines, hide text or change its direction: control, format, separators.
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Co", "Cn"))
#: Joiners that scripts need inside words and emoji.
_NEEDED = frozenset("\u200c\u200d\ufe0f")


def display_name(raw: bytes) -> str:
    """Text for people: bytes that are not UTF-8 appear as `\\xNN`, hidden characters as `\\n` or `\\uNNNN`.

    Not reversible: open the file by its raw name.
    """
    return "".join(_visible(character) for character in raw.decode("utf-8", "backslashreplace"))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN or character in _NEEDED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def raw_name(path: str | os.PathLike[str]) -> bytes:
    """The bytes that the file system stores for a name that Python returned as text."""
    return os.fsencode(path)


PHOTO_SUFFIXES = frozenset(
    (
        b".jpg", b".jpeg", b".jpe", b".jfif", b".png", b".apng", b".webp", b".gif", b".bmp", b".dib",
        b".tif", b".tiff", b".heic", b".heif", b".hif", b".avif", b".avifs", b".jp2", b".j2k", b".jpx",
        # Unsupported, but the user regards them as photos: each becomes a row that says so.
        b".psd", b".svg", b".jxl", b".cr2", b".cr3", b".nef", b".arw", b".dng", b".raf", b".orf", b".rw2",
    )
)  # fmt: skip

ARCHIVE_SUFFIXES = frozenset((b".zip", b".tar", b".tgz", b".gz", b".bz2", b".xz", b".7z", b".rar", b".zst"))

MODEL_SUFFIXES = frozenset((b".onnx", b".keras"))


def is_photo_name(name: bytes) -> bool:
    """Whether the name has the extension of a photo."""
    stem, dot, ending = name.rpartition(b".")
    return bool(stem and dot) and dot + ending.lower() in PHOTO_SUFFIXES


def is_archive_name(name: bytes) -> bool:
    """Whether the name has the extension of an archive."""
    _, dot, ending = name.rpartition(b".")
    return dot + ending.lower() in ARCHIVE_SUFFIXES


def is_model_name(name: bytes) -> bool:
    """Whether the name has the extension of a classifier that an import takes."""
    _, dot, ending = name.rpartition(b".")
    return dot + ending.lower() in MODEL_SUFFIXES


def is_larger_than_photos(name: bytes) -> bool:
    """Whether the file may have more bytes than a photo: an archive or a classifier."""
    return is_archive_name(name) or is_model_name(name)
