"""Which files of a folder or an archive count as photos: by the ending of the name, in any case."""

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
