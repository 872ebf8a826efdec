"""Free space of the data folder's disk, and what takes how much of it."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.settings import Settings
from core.storage.installation import COPIES

#: Seconds for looking into one folder; a library of millions of files is estimated from a part of it.
_SECONDS_EACH = 0.25

#: What stands in the data folder, in the order of the page. Names of photos, thumbnails and crops begin with
#: a hash, so that any of their sub-folders hold a fair sample.
FOLDERS = {
    "photos": "Stored photos",
    "reports": "Reports",
    "thumbnails": "Thumbnails (cache)",
    "crops": "Face crops (cache)",
    COPIES: "Copies of the object store (cache)",
    "features": "Features of faces (cache)",
    "training": "Trainings under way",
    "versions": "Classifier versions",
    "weights": "Downloaded weights",
}


class Sureness(StrEnum):
    """How the size of a folder is known."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    AT_LEAST = "at least"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much one folder of the data folder holds."""

    words: str
    bytes: int
    sureness: Sureness


@dataclass(frozen=True, kw_only=True)
class Disk:
    """The disk of the data folder, in bytes."""

    total: int
    free: int
    #: Below this, jobs fail with disk_full.
    reserve: int
    usages: tuple[Usage, ...]

    @property
    def is_low(self) -> bool:
        """Whether jobs fail for lack of space."""
        return self.free < self.reserve


def read_disk(settings: Settings) -> Disk:
    """Free space, and what takes it; about two seconds at most on a disk that answers."""
    space = shutil.disk_usage(settings.data)
    return Disk(
        total=space.total,
        free=space.free,
        reserve=settings.min_free_bytes,
        usages=tuple(
            measure_folder(settings.data / name, words)
            for name, words in FOLDERS.items()
            if name != COPIES or settings.files
        ),
    )


def measure_folder(folder: Path, words: str, *, seconds: float = _SECONDS_EACH) -> Usage:
    """The size of a folder's files; after `seconds` it is estimated from the sub-folders seen until then."""
    deadline = time.monotonic() + seconds
    parts, size = _list(folder)
    for seen, part in enumerate(parts):
        inside = 0
        for found in _sizes(part):
            inside += found
            if time.monotonic() > deadline:
                if not seen:
                    return Usage(words=words, bytes=size + inside, sureness=Sureness.AT_LEAST)
                return Usage(words=words, bytes=size * len(parts) // seen, sureness=Sureness.ESTIMATED)
        size += inside
    return Usage(words=words, bytes=size, sureness=Sureness.EXACT)


def _list(folder: Path) -> tuple[list[str], int]:
    """The sub-folders, and the bytes of the files beside them; nothing where the folder is missing."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except FileNotFoundError:
        return [], 0
    files = sum(_size(entry) for entry in found if not entry.is_dir(follow_symlinks=False))
    return [entry.path for entry in found if entry.is_dir(follow_symlinks=False)], files


def _sizes(folder: str) -> Iterator[int]:
    """The bytes of each folder below this one, and of this one."""
    parts, size = _list(Path(folder))
    yield size
    for part in parts:
        yield from _sizes(part)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
