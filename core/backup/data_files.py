"""Which files of the data folder are backed up, and copying those that are new."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.backup.manifest import FileEntry
from core.backup.objects import Content, Objects

#: Computed again where they are missing, or of a running process alone. Whatever is not named is backed up.
LEFT_OUT = frozenset(
    ("crops", "thumbnails", "copies", "features", "incoming", "valkey", "live", "service.lock", "setup.lock")
)
#: The database is copied by itself.
_DATABASE = re.compile(r"maskloop\.sqlite(-wal|-shm|-journal)?")
#: Files that are named by the hash of their bytes.
_BY_HASH = re.compile(r"(?:photos|versions)/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
_TEMPORARY = "photos/incoming/"


@dataclass
class CopiedFiles:
    """What one walk over the data folder found."""

    entries: list[FileEntry] = field(default_factory=list)
    new_bytes: int = 0
    new_files: int = 0


def walk_files(data: Path) -> Iterator[str]:
    """Paths below the data folder of all files that are backed up; links to folders are followed once."""
    seen = {os.path.realpath(data)}
    for place, folders, names in os.walk(data, followlinks=True):
        below = os.path.relpath(place, data)
        prefix = "" if below == "." else f"{below}/"
        if not prefix:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            names = [name for name in names if name not in LEFT_OUT and not _DATABASE.fullmatch(name)]
        folders[:] = sorted(name for name in folders if _is_new(os.path.join(place, name), seen))
        if not prefix.startswith(_TEMPORARY):
            yield from (prefix + name for name in sorted(names))


def _is_new(folder: str, seen: set[str]) -> bool:
    real = os.path.realpath(folder)
    if real in seen:
        return False
    seen.add(real)
    return True


def copy_files(data: Path, objects: Objects, before: Mapping[str, FileEntry]) -> CopiedFiles:
    """Keep every file; `before` has those of an earlier backup that are not named by their hash.

    A file that goes away meanwhile is left out: what deletes files is in the database, and goes on after a
    restore.
    """
    copied = CopiedFiles()
    for name in walk_files(data):
        try:
            found = (data / name).stat()
            if stat.S_ISREG(found.st_mode):
                _copy(data / name, name, found, objects, before, copied)
        except FileNotFoundError:
            continue
    return copied


def _copy(
    path: Path,
    name: str,
    found: os.stat_result,
    objects: Objects,
    before: Mapping[str, FileEntry],
    copied: CopiedFiles,
) -> None:
    named = _BY_HASH.fullmatch(name)
    content = _known(name, found, before)
    if content is None or not objects.has(content):
        content = objects.put_file(path)
        copied.new_files += 1
        copied.new_bytes += content.bytes
    copied.entries.append(
        FileEntry(
            file=name,
            sha256=content.sha256,
            bytes=content.bytes,
            mtime_ns=found.st_mtime_ns,
            mode=stat.S_IMODE(found.st_mode) & 0o750,
            damaged=named is not None and named[1] != content.sha256,
        )
    )


def _known(name: str, found: os.stat_result, before: Mapping[str, FileEntry]) -> Content | None:
    """What the file holds, if its name or an earlier backup tells."""
    named = _BY_HASH.fullmatch(name)
    if named is not None:
        return Content(sha256=named[1], bytes=found.st_size)
    entry = before.get(name)
    if entry is None or (entry.bytes, entry.mtime_ns) != (found.st_size, found.st_mtime_ns):
        return None
    return entry.content


def is_by_hash(name: str) -> bool:
    """Whether the name of the file is the hash of its bytes."""
    return _BY_HASH.fullmatch(name) is not None
