"""The files of an upload: those given, and those below folders."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskloop_client.errors import ConfigurationError
from maskloop_client.file_names import SkippedNames

#: Files, zips and folders of this machine.
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@dataclass(frozen=True, kw_only=True)
class PickedFile:
    """A file to send; `name` is its raw name in the upload, folders separated by slashes."""

    number: int
    path: Path
    name: bytes
    length: int

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(size)


@dataclass(frozen=True, kw_only=True)
class Picked:
    """The files to send, in the order of their names, so that they have the same numbers next time."""

    files: Sequence[PickedFile]
    #: Names of folders that are not sent, by reason.
    skipped: dict[str, Any]
    #: Files and folders that this machine does not let us read.
    unreadable: Sequence[str]


def pick_files(paths: Paths, *, annotations: bool = False) -> Picked:
    """Find the files; a file that is named itself is sent whatever its name.

    `annotations`: files of folders that belong to labelled sets are sent too. Raises ConfigurationError if a
    path does not exist or if there is no file.
    """
    skipped = SkippedNames(annotations=annotations)
    unreadable: list[str] = []
    given = [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
    found: dict[bytes, tuple[Path, int]] = {}
    for path in given:
        if not path.exists():
            raise ConfigurationError(f"There is no {path}.")
        below = _walk(path, skipped, unreadable) if path.is_dir() else [path]
        for file in below:
            # One folder: names below it. Several paths: the name of each before what lies below it.
            name = file.relative_to(path if path.is_dir() and len(given) == 1 else path.absolute().parent)
            try:
                found[_unique(os.fsencode(name.as_posix()), found)] = (file, file.stat().st_size)
            except OSError:
                unreadable.append(str(file))
    if not found:
        raise ConfigurationError(f"There is no photo in {', '.join(map(str, given))}.")
    files = [
        PickedFile(number=number, path=path, name=name, length=length)
        for number, (name, (path, length)) in enumerate(sorted(found.items()))
    ]
    return Picked(files=files, skipped=skipped.to_json(), unreadable=unreadable)


def _walk(top: Path, skipped: SkippedNames, unreadable: list[str]) -> Iterator[Path]:
    """The files below a folder; links are followed, and each folder is entered once."""
    entered: set[tuple[int, int]] = set()
    if not _is_new(top, entered, unreadable):
        return
    walk = os.walk(top, followlinks=True, onerror=lambda error: unreadable.append(str(error.filename)))
    for folder, below, files in walk:
        below[:] = sorted(
            name
            for name in below
            if not skipped.skips_folder(name) and _is_new(Path(folder, name), entered, unreadable)
        )
        yield from (Path(folder, name) for name in sorted(files) if not skipped.skips_file(name))


def _is_new(folder: Path, entered: set[tuple[int, int]], unreadable: list[str]) -> bool:
    try:
        found = folder.stat()
    except OSError:
        unreadable.append(str(folder))
        return False
    place = (found.st_dev, found.st_ino)
    if place in entered:
        return False
    entered.add(place)
    return True


def _unique(name: bytes, taken: Iterable[bytes]) -> bytes:
    """Two files of one name come from two folders: both are sent."""
    folder, slash, last = name.rpartition(b"/")
    stem, dot, ending = last.rpartition(b".") if b"." in last else (last, b"", b"")
    count, unique = 2, name
    while unique in taken:
        unique = folder + slash + stem + f" ({count})".encode() + dot + ending
        count += 1
    return unique
