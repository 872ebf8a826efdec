"""Which names of a folder are sent: the service's own rule, so that nothing is sent that it would skip.

The lists are those of `core/library/files/skipping.py` of the service; a test compares them.
"""

from collections import Counter
from typing import Any

PHOTOS = frozenset(
    (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
        ".heic", ".heif", ".hif", ".avif", ".avifs", ".jp2", ".j2k", ".jpx", ".psd", ".svg", ".jxl", ".cr2",
        ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2",
    )
)  # fmt: skip
ZIPS = frozenset((".zip",))
#: Of files that say something about the photos of a labelled set.
ANNOTATIONS = frozenset(
    (
        ".xml", ".json", ".jsonl", ".ndjson", ".txt", ".csv", ".tsv", ".yaml", ".yml", ".names", ".data",
        ".cls", ".parquet",
    )
)  # fmt: skip
ARCHIVES = frozenset((".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"))
#: A `*` at the end stands for any ending; upper and lower case are the same.
SYSTEM_FOLDERS = (
    "@eaDir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap", "@Recycle", "@Recently-Snapshot",
    "@__thumb", ".@__thumb", ".@upload_cache", "$RECYCLE.BIN", "RECYCLER", "System Volume Information",
    "__MACOSX", "Network Trash Folder", "Temporary Items", ".AppleDouble", ".AppleDB", ".AppleDesktop",
    ".Trashes", ".TemporaryItems", ".DocumentRevisions-V100", ".Spotlight-V100", ".fseventsd", "lost+found",
    ".Trash", ".Trash-*", ".thumbnails", ".recycle", ".snapshot", ".snapshots", "~snapshot", ".zfs",
    ".stversions",
)  # fmt: skip
SYSTEM_FILES = (
    "Thumbs.db", "ehthumbs*", "desktop.ini", ".DS_Store", "._*", ".localized", ".apdisk", "Icon\r",
    "SYNOPHOTO_THUMB*", "SYNOFILE_THUMB*", ".picasa.ini", "Picasa.ini",
)  # fmt: skip


class SkippedNames:
    """How many names of folders were not sent, by reason; the report of the job tells it.

    `annotations`: files of labelled sets that are no photos are sent too, such as .xml and .json.
    """

    def __init__(self, *, annotations: bool = False) -> None:
        self._wanted = PHOTOS | ZIPS | (ANNOTATIONS | {".tar"} if annotations else frozenset())
        self._counts = dict.fromkeys(("not_photos", "archives", "hidden"), 0)
        self._system: dict[str, Counter[str]] = {"system_folders": Counter(), "system_files": Counter()}

    def skips_folder(self, name: str) -> bool:
        """Whether a folder of this name is not entered; it is counted if so."""
        return self._skips_system("system_folders", name, SYSTEM_FOLDERS) or self._skips_hidden(name)

    def skips_file(self, name: str) -> bool:
        """Whether a file of this name is not sent; it is counted if so."""
        if self._skips_system("system_files", name, SYSTEM_FILES) or self._skips_hidden(name):
            return True
        stem, dot, ending = name.rpartition(".")
        suffix = f".{ending.lower()}" if dot else ""
        if stem and suffix in self._wanted:
            return False
        self._counts["archives" if suffix in ARCHIVES else "not_photos"] += 1
        return True

    def to_json(self) -> dict[str, Any]:
        """As an upload is told it."""
        return self._counts | {name: dict(found) for name, found in self._system.items()}

    def _skips_hidden(self, name: str) -> bool:
        hidden = name.startswith(".")
        self._counts["hidden"] += hidden
        return hidden

    def _skips_system(self, kind: str, name: str, entries: tuple[str, ...]) -> bool:
        low = name.lower()
        for entry in entries:
            start = entry.lower().removesuffix("*")
            if low == start or (entry.endswith("*") and low.startswith(start)):
                self._system[kind][entry] += 1
                return True
        return False
