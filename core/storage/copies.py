"""Copies of objects on this host's disk, by the SHA-256 of their bytes: for what needs a path, and for speed.

A copy is never the only one. The folder is kept below a size: what was not used for long goes first.
"""

import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import PermanentError
from core.storage.objects import ObjectFolder

#: Seconds between two sweeps of all processes together.
_SWEEP_SECONDS = 300.0
#: A copy that was used so recently stays, since somebody may be about to open it.
_IN_USE_SECONDS = 600.0
#: A copy that was not used for so long goes: the object may have been deleted by another host.
_UNUSED_SECONDS = 6 * 3600.0
_STAMP, _INCOMING = ".swept", "incoming"


@dataclass(frozen=True, kw_only=True)
class Copies:
    """A folder of copies with paths `ab/cd/abcd...`."""

    folder: Path
    most_bytes: int
    #: Free space of the disk to leave alone.
    reserve_bytes: int = 0

    def path_of(self, sha256: str) -> Path:
        """Path of that copy, there or not."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def bring(self, objects: ObjectFolder, key: str, sha256: str) -> Path:
        """The path of the copy, fetched where there is none.

        Raises FileNotFoundError, PermanentError stored_file_damaged, and what `ObjectFolder.get` raises.
        """
        path = self.path_of(sha256)
        try:
            os.utime(path)
        except FileNotFoundError:
            self._fetch(objects, key, sha256)
        return path

    def keep(self, path: Path, sha256: str) -> Path:
        """Move a file of this disk here, which the store has; returns where it is."""
        copy = self.path_of(sha256)
        copy.parent.mkdir(parents=True, exist_ok=True)
        path.replace(copy)
        os.utime(copy)
        self.sweep()
        return copy

    def drop(self, sha256: str) -> None:
        """Delete the copy on this host."""
        self.path_of(sha256).unlink(missing_ok=True)

    @property
    def is_due(self) -> bool:
        """Whether no process of this host has swept within five minutes."""
        try:
            age = time.time() - (self.folder / _STAMP).stat().st_mtime
        except OSError:
            return True
        # One of the future is left by a clock that was set back.
        return not 0 <= age < _SWEEP_SECONDS

    def sweep(self, *, now: bool = False) -> int:
        """Delete copies that were not used for long, and the oldest ones above the size; returns how many.

        Does nothing where a process of this host has swept within five minutes, unless `now`.
        """
        if not now and not self.is_due:
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _STAMP).touch()
        return self._delete_old(time.time())

    def _delete_old(self, clock: float) -> int:
        found = sorted(self._files())
        left, removed = sum(size for _, size, _ in found), 0
        free = shutil.disk_usage(self.folder).free
        most = min(self.most_bytes, max(0, left + free - 2 * self.reserve_bytes))
        for used_at, size, path in found:
            unused = clock - used_at
            if unused > _UNUSED_SECONDS or (left > most and unused > _IN_USE_SECONDS):
                path.unlink(missing_ok=True)
                left, removed = left - size, removed + 1
        return removed

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each file was used last, its size and its path."""
        for path in self.folder.glob("*/**/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # Another process sweeps too, or has finished its fetch.
            if stat.S_ISREG(status.st_mode):
                yield status.st_mtime, status.st_size, path

    def _fetch(self, objects: ObjectFolder, key: str, sha256: str) -> None:
        incoming = self.folder / _INCOMING / f"{os.getpid()}-{secrets.token_hex(8)}"
        incoming.parent.mkdir(parents=True, exist_ok=True)
        try:
            objects.get(key, incoming)
            with incoming.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                raise PermanentError(
                    "stored_file_damaged",
                    f"{objects.address}/{key} is not the file that was stored: its SHA-256 differs.",
                )
            self.keep(incoming, sha256)
        finally:
            incoming.unlink(missing_ok=True)
