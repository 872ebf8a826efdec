"""Look over a folder of photos again and again: every file with size and time of change, in no order."""

import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.library.files.descriptors import opened_folder, real_roots, status_of
from core.library.files.folder import OpenFolder, is_folder_entry, is_inside, next_real_path, skip_of_entry
from core.library.files.names import is_photo_name


@dataclass(frozen=True, kw_only=True, slots=True)
class ScannedFile:
    """One photo of a folder, or one that cannot be read."""

    #: Path relative to the root, as the file system stores it, separated by `/`.
    relative: bytes
    size: int = 0
    #: Time of the last change, in nanoseconds since 1970.
    mtime_ns: int = 0
    #: Code of the error: symlink_outside_root, file_unreadable, file_is_not_regular.
    error: str | None = None


def scan_photos(
    root: Path,
    *,
    allowed_roots: Sequence[Path],
    recursive: bool,
    check: Callable[[], None],
    on_unreadable: Callable[[bytes], None] = lambda _folder: None,
) -> Iterator[ScannedFile]:
    """Yield the photos below `root` by the rules of `walk_photos`, in no order: each folder is read once.

    `root` has passed `check_root`. `check` is called for every name and may raise. A sub-folder that cannot
    be read is told to `on_unreadable`; OSError where the root cannot be.
    """
    allowed = real_roots(root, allowed_roots)
    real = os.path.realpath(os.fsencode(root))
    if not is_inside(allowed, real):
        raise PermissionError(root)
    starts: set[bytes] = set()
    waiting = [(b"", real)]
    while waiting:
        folder, path = waiting.pop()
        try:
            place = next_real_path(path, allowed, starts)
            if place is None:
                continue
            with opened_folder(place) as descriptor:
                here = OpenFolder(descriptor, place, allowed)
                inner: list[bytes] = []
                yield from _files(here, folder, inner, check)
        except OSError:
            if not folder:
                raise
            on_unreadable(folder)
            continue
        if recursive:
            waiting.extend((os.path.join(folder, name), os.path.join(place, name)) for name in inner)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of an open folder, with the parts of `os.DirEntry` that a scan needs."""

    descriptor: int
    name: str

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        """Its status now."""
        return os.stat(self.name, dir_fd=self.descriptor, follow_symlinks=follow_symlinks)


def scan_again(
    root: Path, files: Iterable[bytes], *, allowed_roots: Sequence[Path], check: Callable[[], object]
) -> Iterator[ScannedFile]:
    """Yield what a scan found at these paths as it is now, without reading any folder; the others are gone.

    Raises as `scan_photos` does where the root is outside what may be read.
    """
    allowed = real_roots(root, allowed_roots)
    real = os.path.realpath(os.fsencode(root))
    if not is_inside(allowed, real):
        raise PermissionError(root)
    for folder, paths in itertools.groupby(sorted(files, key=os.path.split), key=os.path.dirname):
        place = os.path.realpath(os.path.join(real, folder))
        if not is_inside(allowed, place):
            continue
        with suppress(OSError), opened_folder(place) as descriptor:
            here = OpenFolder(descriptor, place, allowed)
            for path in paths:
                check()
                file = _scanned(here, _Name(descriptor, os.fsdecode(os.path.basename(path))), path)
                if file is not None:
                    yield file


def _files(
    here: OpenFolder, folder: bytes, inner: list[bytes], check: Callable[[], None]
) -> Iterator[ScannedFile]:
    """The photos of one folder; its sub-folders are added to `inner`."""
    with os.scandir(here.descriptor) as found:
        for item in found:
            check()
            if skip_of_entry(item, is_photo_name) is not None:
                continue
            name = os.fsencode(item.name)
            if is_folder_entry(item):
                if not item.is_symlink() or here.target(name):
                    inner.append(name)
                else:
                    yield ScannedFile(relative=os.path.join(folder, name), error="symlink_outside_root")
            else:
                file = _scanned(here, item, os.path.join(folder, name))
                if file is not None:
                    yield file


def _scanned(here: OpenFolder, item: "os.DirEntry[str] | _Name", relative: bytes) -> ScannedFile | None:
    """A file with its status; None if it is gone, or a link to a folder by now."""
    try:
        status = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            target = here.target(os.fsencode(item.name))
            if target is None:
                return ScannedFile(relative=relative, error="symlink_outside_root")
            status = status_of(target)
    except FileNotFoundError:
        return None
    except OSError:
        return ScannedFile(relative=relative, error="file_unreadable")
    if stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return ScannedFile(relative=relative, error="file_is_not_regular")
    return ScannedFile(relative=relative, size=status.st_size, mtime_ns=status.st_mtime_ns)
