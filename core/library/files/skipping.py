"""Which names of a folder, an archive or a browser's folder are skipped, and a count of them by reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.library.files.names import ARCHIVE_SUFFIXES, PHOTO_SUFFIXES, is_archive_name, is_photo_name

#: Folders that a NAS or an operating system keeps beside people's files, in any case: thumbnails, recycle
#: bins, snapshots, resource forks. A `*` at the end stands for any ending.
SYSTEM_FOLDERS = (
    # Synology
    "@eaDir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap",
    # QNAP
    "@Recycle", "@Recently-Snapshot", "@__thumb", ".@__thumb", ".@upload_cache",
    # Windows
    "$RECYCLE.BIN", "RECYCLER", "System Volume Information",
    # macOS
    "__MACOSX", "Network Trash Folder", "Temporary Items", ".AppleDouble", ".AppleDB", ".AppleDesktop",
    ".Trashes", ".TemporaryItems", ".DocumentRevisions-V100", ".Spotlight-V100", ".fseventsd",
    # Linux and file servers
    "lost+found", ".Trash", ".Trash-*", ".thumbnails", ".recycle", ".snapshot", ".snapshots", "~snapshot",
    ".zfs", ".stversions",
)  # fmt: skip
#: Files that the same systems write between people's files.
SYSTEM_FILES = (
    "Thumbs.db", "ehthumbs*", "desktop.ini", ".DS_Store", "._*", ".localized", ".apdisk", "Icon\r",
    "SYNOPHOTO_THUMB*", "SYNOFILE_THUMB*", ".picasa.ini", "Picasa.ini",
)  # fmt: skip


class SkipReason(StrEnum):
    """Why a name is skipped."""

    NOT_A_PHOTO = "not_a_photo"
    #: An archive that is not opened: one in a folder, or one that is not a zip.
    ARCHIVE = "archive"
    #: A name that begins with a dot.
    HIDDEN = "hidden"
    SYSTEM_FOLDER = "system_folder"
    SYSTEM_FILE = "system_file"


@dataclass(frozen=True, kw_only=True)
class Skip:
    """A skipped file, or a folder that is skipped as a whole."""

    reason: SkipReason
    #: The path of the file or of the outermost skipped folder.
    path: bytes
    #: The entry of `SYSTEM_FOLDERS` or `SYSTEM_FILES`, else empty.
    system: str = ""


def skip_of_folder(name: bytes) -> Skip | None:
    """Why a folder of this name is not entered; None if it is."""
    system = _entry_of(name, _FOLDERS)
    if system:
        return Skip(reason=SkipReason.SYSTEM_FOLDER, path=name, system=system)
    return Skip(reason=SkipReason.HIDDEN, path=name) if name.startswith(b".") else None


def skip_of_file(name: bytes, wanted: Callable[[bytes], bool] = is_photo_name) -> Skip | None:
    """Why a file of this name is not read; None if it is. `wanted` selects the names to read."""
    system = _entry_of(name, _FILES)
    if system:
        return Skip(reason=SkipReason.SYSTEM_FILE, path=name, system=system)
    if name.startswith(b"."):
        return Skip(reason=SkipReason.HIDDEN, path=name)
    if wanted(name):
        return None
    return Skip(reason=SkipReason.ARCHIVE if is_archive_name(name) else SkipReason.NOT_A_PHOTO, path=name)


def skip_of_path(path: bytes, wanted: Callable[[bytes], bool] = is_photo_name) -> Skip | None:
    """Why the file at a path is not read, because of one of its folders or of its name; None if it is."""
    *folders, name = path.split(b"/")
    for depth, folder in enumerate(folders):
        skip = skip_of_folder(folder) if folder not in (b".", b"..") else None
        if skip is not None:
            return Skip(reason=skip.reason, path=b"/".join(folders[: depth + 1]), system=skip.system)
    skip = skip_of_file(name, wanted)
    return skip and Skip(reason=skip.reason, path=path, system=skip.system)


def skip_below_root(path: bytes, wanted: Callable[[bytes], bool] = is_photo_name) -> Skip | None:
    """As `skip_of_path` for a path whose first folder a person chose, whatever its name."""
    root, slash, below = path.partition(b"/")
    skip = skip_of_path(below if slash else path, wanted)
    return skip and Skip(reason=skip.reason, path=root + slash + skip.path, system=skip.system)


def _entry_of(name: bytes, entries: "_Entries") -> str:
    """The entry that a name meets, empty if none."""
    text = name.decode("utf-8", "surrogateescape").lower()
    if text in entries.whole:
        return entries.whole[text]
    # Most names have none of the starts: one call for all of them.
    if not text.startswith(entries.any_start):
        return ""
    return next((entry for start, entry in entries.starts.items() if text.startswith(start)), "")


class _Entries:
    """A list of names by their lower case: whole names, and starts of names."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        self.whole = {entry.lower(): entry for entry in entries if not entry.endswith("*")}
        self.starts = {entry[:-1].lower(): entry for entry in entries if entry.endswith("*")}
        self.any_start = tuple(self.starts)


_FOLDERS, _FILES = _Entries(SYSTEM_FOLDERS), _Entries(SYSTEM_FILES)


def name_rules() -> dict[str, list[str]]:
    """The rule as data, for the browser, which applies it before it uploads a folder."""
    suffixes = sorted(suffix.decode() for suffix in PHOTO_SUFFIXES)
    return {
        "photos": suffixes,
        "zips": [".zip"],
        "archives": sorted(suffix.decode() for suffix in ARCHIVE_SUFFIXES),
        "systemFolders": list(SYSTEM_FOLDERS),
        "systemFiles": list(SYSTEM_FILES),
    }


@dataclass(kw_only=True)
class SkippedNames:
    """How many names were skipped, by reason. A skipped folder counts once, whatever it holds."""

    not_photos: int = 0
    archives: int = 0
    hidden: int = 0
    #: By entry of `SYSTEM_FOLDERS` and of `SYSTEM_FILES`.
    system_folders: Counter[str] = field(default_factory=Counter)
    system_files: Counter[str] = field(default_factory=Counter)

    def add(self, skip: Skip) -> None:
        """Count one skipped file or folder."""
        match skip.reason:
            case SkipReason.NOT_A_PHOTO:
                self.not_photos += 1
            case SkipReason.ARCHIVE:
                self.archives += 1
            case SkipReason.HIDDEN:
                self.hidden += 1
            case SkipReason.SYSTEM_FOLDER:
                self.system_folders[skip.system] += 1
            case SkipReason.SYSTEM_FILE:
                self.system_files[skip.system] += 1

    def add_paths(self, skips: Iterable[Skip]) -> None:
        """Count skips of single paths: the files of one skipped folder count once."""
        by_path = {(skip.reason, skip.path): skip for skip in skips}
        for skip in by_path.values():
            self.add(skip)

    @property
    def total(self) -> int:
        """Skipped files and folders."""
        systems = self.system_folders.total() + self.system_files.total()
        return self.not_photos + self.archives + self.hidden + systems

    def sentences(self) -> list[str]:
        """One line a reason, such as `17 files skipped: not photos`."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.not_photos:
            reason = "not a photo" if self.not_photos == 1 else "not photos"
            yield f"{_counted(self.not_photos, 'file')} skipped: {reason}"
        if self.archives:
            yield f"{_counted(self.archives, 'archive')} skipped: only an uploaded zip is opened"
        if self.hidden:
            reason = "it begins" if self.hidden == 1 else "they begin"
            yield f"{_counted(self.hidden, 'hidden name')} skipped: {reason} with a dot"
        for noun, found in (("system folder", self.system_folders), ("system file", self.system_files)):
            if found:
                yield f"{_counted(found.total(), noun)} skipped: {_listed(found)}"

    def to_json(self) -> dict[str, Any]:
        """As `Job.files_skipped` and `Upload.files_skipped` store it: only what was skipped."""
        counts = {
            "not_photos": self.not_photos,
            "archives": self.archives,
            "hidden": self.hidden,
            "system_folders": dict(self.system_folders),
            "system_files": dict(self.system_files),
        }
        return {name: count for name, count in counts.items() if count}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, or what a browser sent: anything that is not a count is left out."""
        return cls(
            not_photos=_count(stored.get("not_photos")),
            archives=_count(stored.get("archives")),
            hidden=_count(stored.get("hidden")),
            system_folders=_counter(stored.get("system_folders"), SYSTEM_FOLDERS),
            system_files=_counter(stored.get("system_files"), SYSTEM_FILES),
        )


#: No more files than an upload may hold, so that a wrong number from a browser stays a number.
_MOST = 10**9


def _count(value: object) -> int:
    return min(value, _MOST) if isinstance(value, int) and value > 0 else 0


def _counter(value: object, entries: tuple[str, ...]) -> Counter[str]:
    if not isinstance(value, Mapping):
        return Counter()
    counts = {entry: _count(value.get(entry)) for entry in entries}
    return Counter({entry: count for entry, count in counts.items() if count})


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _listed(found: Counter[str]) -> str:
    """The names, the most frequent first, with their counts where one occurs twice."""
    return ", ".join(
        f"{_printable(name)} ({n:,})" if n > 1 else _printable(name) for name, n in found.most_common()
    )


def _printable(name: str) -> str:
    return name.rstrip("\r")
