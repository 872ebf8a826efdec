"""Walk a folder of photos as a stream, of any size, without following links out of it."""

import heapq
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.library.files.names import display_name, is_photo_name


@dataclass(kw_only=True)
class WalkTally:
    """Counts of a walk so far; complete when the walk has ended."""

    photos: int = 0
    errors: int = 0
    #: Files without the extension of a photo.
    other_files: int = 0
    #: Names that begin with a dot, and metadata files that macOS adds to archives.
    hidden: int = 0
    folders: int = 0

    def count(self, error: str | None) -> None:
        """Count one entry; `error` is its code, None for a photo."""
        if error is None:
            self.photos += 1
        else:
            self.errors += 1


#: Code of an entry for a folder that cannot be listed.
FOLDER_UNREADABLE = "folder_unreadable"

#: Names of one folder in memory at a time.
_SLICE = 50_000


@dataclass(frozen=True, kw_only=True)
class FolderEntry:
    """One photo of a folder, or one file or sub-folder that cannot be read."""

    #: Path relative to the root, as the file system stores it, separated by `/`.
    relative: bytes
    size: int = 0
    #: Seconds since 1970.
    mtime: float = 0.0
    #: Code of the error: symlink_outside_root, file_unreadable, file_gone, file_is_not_regular,
    #: folder_unreadable.
    error: str | None = None

    @property
    def name(self) -> str:
        """The relative path as display text."""
        return display_name(self.relative)


def check_root(path: Path, allowed_roots: Sequence[Path]) -> Path:
    """The folder's real path, if it is a readable folder inside an allowed root.

    Raises InputError: folder_not_found, folder_not_a_directory, folder_not_allowed, folder_unreadable,
    folder_name_not_text.
    """
    try:
        real = path.expanduser().resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("folder_not_found", f"There is no folder {_shown(path)}.") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError("folder_not_found", f"The path {_shown(path)} cannot be opened.") from error
    # Checked before the kind of file, so that the error reveals nothing about other folders.
    if not any(real.is_relative_to(root.resolve()) for root in allowed_roots):
        raise InputError("folder_not_allowed", f"{_shown(path)} is outside the folders that may be read.")
    if not real.is_dir():
        raise InputError("folder_not_a_directory", f"{_shown(path)} is a file, not a folder.")
    _check_readable(real)
    _check_text(real)
    return real


def _check_text(folder: Path) -> None:
    """The database stores a job's folder as text; names of photos in it may be any bytes."""
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "folder_name_not_text", f"The name {_shown(folder)} is not valid UTF-8; rename the folder."
        ) from error


def _check_readable(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise InputError("folder_unreadable", f"The service may not read {_shown(folder)}.") from error


def _shown(path: Path) -> str:
    return display_name(os.fsencode(path))


def walk_photos(
    root: Path,
    *,
    allowed_roots: Sequence[Path],
    tally: WalkTally | None = None,
    before_folder: Callable[[], None] = lambda: None,
) -> Iterator[FolderEntry]:
    """Yield every photo under `root`, folder by folder, sorted by raw name within a folder.

    Files with the extension of a photo are entries, others are only counted in `tally`; names that begin
    with a dot are skipped. A symbolic link to a file inside the root counts as the file; one that leads
    outside is an entry with an error. Links to folders inside the root are not followed, since their photos
    are found at their real path; so the walk cannot loop. At most 50,000 names of one folder are in memory,
    and the folders still to visit. `before_folder` may raise to stop the walk. Raises as `check_root` does.
    """
    real = check_root(root, allowed_roots)
    return _walk(os.fsencode(real), tally if tally is not None else WalkTally(), before_folder)


def _walk(root: bytes, tally: WalkTally, before_folder: Callable[[], None]) -> Iterator[FolderEntry]:
    waiting = [b""]
    while waiting:
        before_folder()
        folder = waiting.pop()
        try:
            for name in _sorted_names(os.path.join(root, folder), _is_candidate):
                entry = _entry(root, os.path.join(folder, name))
                if entry is not None:
                    tally.count(entry.error)
                    yield entry
            inner = _inner_folders(os.path.join(root, folder), tally)
        except OSError:
            tally.count("folder_unreadable")
            yield FolderEntry(relative=folder or b".", error="folder_unreadable")
            continue
        waiting.extend(os.path.join(folder, name) for name in inner)


def _sorted_names(folder: bytes, wanted: Callable[[os.DirEntry[bytes]], bool]) -> Iterator[bytes]:
    """Names in order; the folder is listed again for each slice of names, which bounds the memory."""
    last = b""
    while True:
        with os.scandir(folder) as found:
            later = (item.name for item in found if item.name > last and wanted(item))
            names = heapq.nsmallest(_SLICE, later)
        yield from names
        if len(names) < _SLICE:
            return
        last = names[-1]


def _is_candidate(item: os.DirEntry[bytes]) -> bool:
    if item.name.startswith(b".") or item.is_dir(follow_symlinks=False):
        return False
    # A link to a folder needs a check of its target, whatever its name.
    return is_photo_name(item.name) or (item.is_symlink() and item.is_dir())


def _inner_folders(folder: bytes, tally: WalkTally) -> list[bytes]:
    """Names of the sub-folders, last first; counts what is neither folder nor photo."""
    inner = []
    with os.scandir(folder) as found:
        for item in found:
            if item.name.startswith(b"."):
                tally.hidden += 1
            elif item.is_dir(follow_symlinks=False):
                inner.append(item.name)
            elif not _is_candidate(item):
                tally.other_files += 1
    tally.folders += 1
    return sorted(inner, reverse=True)


def _entry(root: bytes, relative: bytes) -> FolderEntry | None:
    """Entry of one name; None for a link to a folder inside the root."""
    full = os.path.join(root, relative)
    try:
        if os.path.islink(full) and not _is_inside(root, full):
            return FolderEntry(relative=relative, error="symlink_outside_root")
        status = os.stat(full)  # noqa: PTH116 - a Path cannot hold bytes
    except FileNotFoundError:
        return FolderEntry(relative=relative, error="file_gone")
    except OSError:
        return FolderEntry(relative=relative, error="file_unreadable")
    if stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return FolderEntry(relative=relative, error="file_is_not_regular")
    return FolderEntry(relative=relative, size=status.st_size, mtime=status.st_mtime)


def _is_inside(root: bytes, link: bytes) -> bool:
    return os.path.commonpath([root, os.path.realpath(link)]) == root
