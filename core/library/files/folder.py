"""Walk a folder of photos as a stream, of any size; links are followed into folders that may be read."""

import heapq
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InputError
from core.library.files.descriptors import is_below, opened_folder, real_roots, status_of
from core.library.files.names import display_name, is_photo_name
from core.library.files.skipping import Skip, SkippedNames, SkipReason, skip_of_file, skip_of_folder


@dataclass(kw_only=True)
class WalkTally:
    """Counts of a walk so far; complete when the walk has ended."""

    photos: int = 0
    errors: int = 0
    folders: int = 0
    skipped: SkippedNames = field(default_factory=SkippedNames)
    #: Names that are not photos but are read otherwise, such as annotations: they are not skipped.
    also_read: Callable[[bytes], bool] = lambda _name: False

    def count(self, error: str | None) -> None:
        """Count one entry; `error` is its code, None for a photo."""
        if error is None:
            self.photos += 1
        else:
            self.errors += 1

    def skip(self, *skips: Skip) -> None:
        """Count skipped files and folders, but for files that are read otherwise."""
        self.skipped.add_paths(
            each
            for each in skips
            if each.reason is not SkipReason.NOT_A_PHOTO or not self.also_read(each.path)
        )


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
    wanted: Callable[[bytes], bool] = is_photo_name,
) -> Iterator[FolderEntry]:
    """Yield every photo under `root`, folder by folder, sorted by raw name within a folder.

    Files whose names are `wanted`, by default photos, are entries. Other files, hidden names and folders of
    the system are only counted in `tally`. A symbolic link into an allowed root counts as what it leads to;
    another one is an entry with an error. Every folder is walked once, so the walk cannot loop: a link to a
    folder that is found at its real path, or by an earlier link, is not followed. At most 50,000 names of one
    folder are in memory, the folders still to visit, and the targets of links. `before_folder` may raise to
    stop the walk. Raises as `check_root` does.
    """
    check_root(root, [*allowed_roots, root])
    allowed = real_roots(root, allowed_roots)
    real = os.path.realpath(os.fsencode(root))
    if not is_inside(allowed, real):
        raise InputError("folder_not_allowed", f"{_shown(root)} leads out of the folders that may be read.")
    return _walk(real, allowed, tally if tally is not None else WalkTally(), before_folder, wanted)


def _walk(
    root: bytes,
    allowed: Sequence[bytes],
    tally: WalkTally,
    before_folder: Callable[[], None],
    wanted: Callable[[bytes], bool],
) -> Iterator[FolderEntry]:
    # Real paths where a walk began: the root and the targets of links.
    starts: set[bytes] = set()
    waiting = [(b"", root)]
    while waiting:
        before_folder()
        folder, path = waiting.pop()
        try:
            real = next_real_path(path, allowed, starts)
            if real is None:
                continue
            with opened_folder(real) as descriptor:
                here = OpenFolder(descriptor, real, allowed)
                for name in _sorted_names(descriptor, lambda item: _is_candidate(item, wanted)):
                    entry = _entry(here, name, os.path.join(folder, name))
                    if entry is not None:
                        tally.count(entry.error)
                        yield entry
                inner = _inner_folders(here, tally, wanted)
        except OSError:
            tally.count("folder_unreadable")
            yield FolderEntry(relative=folder or b".", error="folder_unreadable")
            continue
        waiting.extend((os.path.join(folder, name), os.path.join(real, name)) for name in inner)


@dataclass(frozen=True)
class OpenFolder:
    """The folder that is being listed: its descriptor, and its real path to resolve links in it."""

    descriptor: int
    real: bytes
    allowed: Sequence[bytes]

    def target(self, link: bytes) -> bytes | None:
        """The real path of what a link leads to; None if it may not be read."""
        real = os.path.realpath(os.path.join(self.real, link))
        return real if is_inside(self.allowed, real) else None


def next_real_path(path: bytes, allowed: Sequence[bytes], starts: set[bytes]) -> bytes | None:
    """The real path of a folder to walk, None if it is walked elsewhere; adds the target of a link.

    PermissionError if a link leads outside by now.
    """
    real = os.path.realpath(path) if os.path.islink(path) else path
    if real != path and not is_inside(allowed, real):
        raise PermissionError(path)
    if real in starts or (real != path and _is_found(real, starts)):
        return None
    if real != path or not starts:
        starts.add(real)
    return real


def _is_found(real: bytes, starts: set[bytes]) -> bool:
    """Whether a walk from one of `starts` comes to this folder, which it does not below a skipped folder."""
    while real not in starts:
        above, name = os.path.split(real)
        if skip_of_folder(name) is not None or above == real:
            return False
        real = above
    return True


def _sorted_names(folder: int, wanted: Callable[[os.DirEntry[str]], bool]) -> Iterator[bytes]:
    """Names in order; the folder is listed again for each slice of names, which bounds the memory."""
    last = b""
    while True:
        with os.scandir(folder) as found:
            later = (name for item in found if (name := os.fsencode(item.name)) > last and wanted(item))
            names = heapq.nsmallest(_SLICE, later)
        yield from names
        if len(names) < _SLICE:
            return
        last = names[-1]


def _is_candidate(item: os.DirEntry[str], wanted: Callable[[bytes], bool]) -> bool:
    # A link to a folder needs a check of its target, whatever its name.
    return not item.is_dir(follow_symlinks=False) and skip_of_entry(item, wanted) is None


def is_folder_entry(item: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link that leads to itself is not."""
    try:
        return item.is_dir()
    except OSError:
        return False


def skip_of_entry(item: os.DirEntry[str], wanted: Callable[[bytes], bool]) -> Skip | None:
    """Why a name is not read or entered; a link to a folder is judged as a folder."""
    name = os.fsencode(item.name)
    return skip_of_folder(name) if is_folder_entry(item) else skip_of_file(name, wanted)


def _inner_folders(here: OpenFolder, tally: WalkTally, wanted: Callable[[bytes], bool]) -> list[bytes]:
    """Names of the folders to enter, also by links that may be read, last first; counts what is skipped."""
    inner = []
    with os.scandir(here.descriptor) as found:
        for item in found:
            skip = skip_of_entry(item, wanted)
            name = os.fsencode(item.name)
            if skip is not None:
                tally.skip(skip)
            elif is_folder_entry(item) and (not item.is_symlink() or here.target(name)):
                inner.append(name)
    tally.folders += 1
    return sorted(inner, reverse=True)


def _entry(here: OpenFolder, name: bytes, relative: bytes) -> FolderEntry | None:
    """Entry of one name of a folder; None for a link to a folder that may be read."""
    try:
        status = os.stat(name, dir_fd=here.descriptor, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            target = here.target(name)
            if target is None:
                return FolderEntry(relative=relative, error="symlink_outside_root")
            status = status_of(target)
    except FileNotFoundError:
        return FolderEntry(relative=relative, error="file_gone")
    except OSError:
        return FolderEntry(relative=relative, error="file_unreadable")
    if stat.S_ISDIR(status.st_mode):
        return None
    if stat.S_ISLNK(status.st_mode):
        return FolderEntry(relative=relative, error="file_unreadable")
    if not stat.S_ISREG(status.st_mode):
        return FolderEntry(relative=relative, error="file_is_not_regular")
    return FolderEntry(relative=relative, size=status.st_size, mtime=status.st_mtime)


def is_inside(allowed: Sequence[bytes], real: bytes) -> bool:
    """Whether a real path is in one of the folders."""
    return any(is_below(root, real) for root in allowed)
