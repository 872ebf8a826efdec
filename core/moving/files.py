"""Copy the stored files of a data folder to an object store, and read each of them back."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import PermanentError
from core.storage.objects import ObjectFolder

_BY_HASH = re.compile(r"(?:photos|versions)/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
_PARTS = ("photos", "versions", "reports")
#: Bytes that are read back at a time.
_PIECE = 16 << 20


@dataclass(kw_only=True)
class MovedFiles:
    """What the store has now of the data folder, checked by hashes."""

    files: int = 0
    bytes: int = 0
    #: Files that this run copied; an earlier one, which was killed, had copied the others.
    copied: int = 0
    #: Names whose bytes are not those of their hash: damaged before, and not moved.
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """What was copied and read back, one line a file: a move that was killed goes on behind it."""

    path: Path

    def read(self) -> dict[str, list[object]]:
        """Size, time and hash of each file by its name; a line that a kill cut off counts as not written."""
        found: dict[str, list[object]] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    name, *told = json.loads(line)
                except ValueError:
                    continue
                found[name] = told
        return found

    def add(self, name: str, told: list[object]) -> None:
        """Note a file."""
        with self.path.open("a", encoding="utf-8") as file:
            # Behind a line that was cut off.
            file.write(f"\n{json.dumps([name, *told])}\n")


def list_files(data: Path) -> Iterator[str]:
    """Names of the files to move, relative to the data folder: what is whole, and no cache."""
    for part in _PARTS:
        for path in sorted((data / part).rglob("*")):
            name = path.relative_to(data).as_posix()
            inner = name.split("/")[1:]
            if path.is_file() and inner[0] not in {"incoming", "partial"} and not _is_unfinished(inner):
                yield name


def move_files(
    data: Path, objects: ObjectFolder, journal: Journal, *, each: Callable[[MovedFiles], None]
) -> MovedFiles:
    """Copy every file, read it back and compare its hash; `each` is called after every file.

    Raises PermanentError move_not_the_same for an object that is not what was written, and what the store
    raises. The data folder keeps everything.
    """
    moved, known = MovedFiles(), journal.read()
    for name in list_files(data):
        path = data / name
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        if known.get(name, [])[:2] != stamp:
            sha256 = _digest(path)
            by_hash = _BY_HASH.fullmatch(name)
            if by_hash and by_hash[1] != sha256:
                moved.damaged.append(name)
                continue
            objects.put(path, name)
            _require_same(objects, name, status.st_size, sha256)
            journal.add(name, [*stamp, sha256])
            moved.copied += 1
        moved.files, moved.bytes = moved.files + 1, moved.bytes + status.st_size
        each(moved)
    return moved


def require_all(data: Path, objects: ObjectFolder, journal: Journal, damaged: list[str]) -> None:
    """Compare names and sizes of all objects with the data folder; PermanentError move_not_the_same.

    One that went meanwhile, or that another program changed, would be missed by the check of each file alone.
    """
    there = {each.key: each.bytes for part in _PARTS for each in objects.walk(part)}
    known = journal.read()
    here = {name: known[name][0] for name in list_files(data) if name not in damaged}
    different = sorted(name for name, size in here.items() if there.get(name) != size)
    if different:
        raise PermanentError(
            "move_not_the_same",
            f"{len(different):,} of {len(here):,} files are not in {objects.address} as they are here, such "
            f"as {different[0]}. Run the command again.",
        )


def _is_unfinished(parts: list[str]) -> bool:
    return any(part.startswith(".") or part.endswith(".part") for part in parts)


def _require_same(objects: ObjectFolder, name: str, size: int, sha256: str) -> None:
    digest = hashlib.sha256()
    for start in range(0, size, _PIECE):
        digest.update(objects.read(name, start, min(start + _PIECE, size)))
    if digest.hexdigest() != sha256:
        raise PermanentError(
            "move_not_the_same", f"{objects.address}/{name} is not what was written. Run the command again."
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
